#!/usr/bin/env bash
# Zero bytes between two objects of a chip or wallet, which the standard allows, make node-tlv lose what follows and node-emv read other tags.
# Packages: node-tlv 1.5.14, ber-tlv 0.9.2, node-emv 1.0.23 from npm; ber-tlv 0.0.6 from PyPI
# Expected: ISO/IEC 7816-4 and EMV: 00 before, between and after data objects means nothing, and the length 6 may be written 81 06 as well.
# Happens: node-tlv takes 00 for a tag and the next byte for its length; node-emv takes the first digit of 00 for a tag. After a length of two bytes
#   that one would do for, node-tlv goes on one byte early. Both ber-tlv read all of it; all four read three-byte tags and long values.
# Matters: a till that looks for the loyalty number in the answer of a wallet finds it with one card and not with the next.
# Output seen:
#> nothing between
#>   node-tlv, ber-tlv/npm, node-emv, ber-tlv/PyPI: 9F02=000000001990 5F2A=0978 DF8101=ABCD
#> 00 between
#>   node-tlv: 9F02=000000001990 00=2A020978DF810102ABCD
#>   ber-tlv/npm, ber-tlv/PyPI: 9F02=000000001990 5F2A=0978 DF8101=ABCD
#>   node-emv: an error
#> 0000 between
#>   node-tlv: 9F02=000000001990 00= 5F2A=0978 DF8101=ABCD
#>   ber-tlv/npm, ber-tlv/PyPI: 9F02=000000001990 5F2A=0978 DF8101=ABCD
#>   node-emv: 9F02=000000001990 0= 5=2A020978DF810102ABCD
#> 00 before
#>   node-tlv, node-emv: an error
#>   ber-tlv/npm, ber-tlv/PyPI: 9F02=000000001990 5F2A=0978 DF8101=ABCD
#> 00 after
#>   node-tlv: 9F02=000000001990 5F2A=0978 DF8101=ABCD 00=
#>   ber-tlv/npm, ber-tlv/PyPI: 9F02=000000001990 5F2A=0978 DF8101=ABCD
#>   node-emv: 9F02=000000001990 5F2A=0978 DF8101=ABCD 0=
#> length 81 06
#>   node-tlv: 9F02=000000001990 90=2A020978DF810102ABCD
#>   ber-tlv/npm, node-emv, ber-tlv/PyPI: 9F02=000000001990 5F2A=0978 DF8101=ABCD
#> 140 bytes, length 81 8C
#>   node-tlv, ber-tlv/npm, node-emv, ber-tlv/PyPI: 9F70=(140 bytes) 5F2A=0978 DF8101=ABCD
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check ber-tlv==0.0.6
npm install --silent --no-audit --no-fund --prefix "$work" node-tlv@1.5.14 ber-tlv@0.9.2 node-emv@1.0.23 >/dev/null
cd "$work"
python3 - <<'PROGRAM'
import json

amount, currency, card = "9F0206000000001990", "5F2A020978", "DF810102ABCD"
cases = {
    "nothing between": amount + currency + card,
    "00 between": amount + "00" + currency + card,
    "0000 between": amount + "0000" + currency + card,
    "00 before": "00" + amount + currency + card,
    "00 after": amount + currency + card + "00",
    "length 81 06": "9F028106000000001990" + currency + card,
    "140 bytes, length 81 8C": "9F70818C" + 140 * "AB" + currency + card,
}
json.dump(cases, open("cases.json", "w"))
PROGRAM
cat >by_js.cjs <<'PROGRAM'
const { TlvFactory } = require("ber-tlv");
const emv = require("node-emv");
const TLV = require("node-tlv");

const quietly = (run) => {
  const log = console.log;
  console.log = () => {};
  try {
    return run();
  } finally {
    console.log = log;
  }
};
const by = {
  "node-tlv": (hex) => TLV.parseList(hex).map(({ tag, value }) => [tag, value]),
  "ber-tlv/npm": (hex) => TlvFactory.parse(hex).map(({ tag, value }) => [tag, value.toString("hex")]),
  "node-emv": (hex) => quietly(() => {
    let objects;
    emv.parse(hex, (parsed) => { objects = parsed; });
    return objects.map(({ tag, value }) => [tag, value]);
  }),
};
for (const [what, hex] of Object.entries(require("./cases.json"))) {
  const read = {};
  for (const [name, parse] of Object.entries(by)) {
    const short = ([tag, value]) => `${tag}=${value.length > 24 ? `(${value.length / 2} bytes)` : value.toUpperCase()}`;
    try {
      read[name] = parse(hex).map(short).join(" ");
    } catch {
      read[name] = "an error";
    }
  }
  console.log(JSON.stringify([what, read]));
}
PROGRAM
cat >by_python.py <<'PROGRAM'
import json
import sys

from ber_tlv.tlv import Tlv

cases = json.load(open("cases.json"))
for line in sys.stdin:
    what, read = json.loads(line)
    objects = Tlv.parse(bytes.fromhex(cases[what]))
    read["ber-tlv/PyPI"] = " ".join(
        f"{tag:X}={f'({len(value)} bytes)' if len(value) > 12 else value.hex().upper()}" for tag, value in objects)
    print(what)
    same = {}
    for name, objects in read.items():
        same.setdefault(objects, []).append(name)
    for objects, names in same.items():
        print(f"  {', '.join(names)}: {objects}")
PROGRAM
node by_js.cjs | env/bin/python by_python.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "tag-emv-padding: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
