#!/usr/bin/env bash
# A time in milliseconds that JavaScript writes as MessagePack or CBOR is a float at the other end: msgpackr, msgpack-lite and cbor-x, from 2^32 on.
# Packages: msgpackr 2.1.4, @msgpack/msgpack 3.1.3, notepack.io 3.0.1, msgpack-lite 0.2.2, cbor-x 1.6.9, cbor 10.0.12 from npm;
#   msgpack 1.1.0, cbor2 6.3.0, msgspec 0.23.0 from PyPI
# Expected: both formats have 64-bit integers, and a whole number that JavaScript can hold exactly is written as one.
# Happens: three of six write a double for every whole number that does not fit 32 bits; notepack.io writes 1e21 as an integer of
#   64 bits, which is another number. A strict reader of integers refuses the doubles; smaller numbers are integers everywhere.
# Matters: tests with small points and short times pass; the first real time stamp or large balance is refused, or stored as a float.
# Output seen:
#> msgpackr: 4294967295 4294967296.0 1769853600000.0 -4294967297.0 1e+21; msgspec as int: refused
#> @msgpack/msgpack: 4294967295 4294967296 1769853600000 -4294967297 1e+21; msgspec as int: 1769853600000
#> notepack.io: 4294967295 4294967296 1769853600000 -4294967297 3875820019684212736; msgspec as int: 1769853600000
#> msgpack-lite: 4294967295 4294967296.0 1769853600000.0 -4294967297.0 1e+21; msgspec as int: refused
#> cbor-x: 4294967295 4294967296.0 1769853600000.0 -4294967297.0 1e+21
#> cbor: 4294967295 4294967296 1769853600000 -4294967297 1e+21
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check msgpack==1.1.0 cbor2==6.3.0 msgspec==0.23.0
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work" msgpackr@2.1.4 @msgpack/msgpack@3.1.3 notepack.io@3.0.1 \
  msgpack-lite@0.2.2 cbor-x@1.6.9 cbor@10.0.12 >/dev/null
cat >"$work/write.js" <<'PROGRAM'
const writers = {
  msgpackr: require("msgpackr").pack,
  "@msgpack/msgpack": require("@msgpack/msgpack").encode,
  "notepack.io": require("notepack.io").encode,
  "msgpack-lite": require("msgpack-lite").encode,
  "cbor-x": require("cbor-x").encode,
  cbor: require("cbor").encode,
};
const numbers = [4294967295, 4294967296, Date.UTC(2026, 0, 31, 10), -4294967297, 1e21];
for (const [name, write] of Object.entries(writers)) {
  console.log(JSON.stringify([name, ...numbers.map((number) => Buffer.from(write(number)).toString("hex"))]));
}
PROGRAM
node "$work/write.js" >"$work/written"
"$work/env/bin/python" - "$work/written" >"$work/seen" <<'PROGRAM'
import json
import sys

import cbor2
import msgpack
import msgspec

for line in open(sys.argv[1]):
    name, *written = json.loads(line)
    data = [bytes.fromhex(text) for text in written]
    read = cbor2.loads if "cbor" in name else msgpack.unpackb
    print(f"{name}:", *map(read, data), end="\n" if "cbor" in name else "; ")
    if "cbor" not in name:
        try:
            print("msgspec as int:", msgspec.msgpack.decode(data[2], type=int))
        except msgspec.ValidationError:
            print("msgspec as int: refused")
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "binary-time-as-float: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
