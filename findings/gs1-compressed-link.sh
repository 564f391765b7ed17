#!/usr/bin/env bash
# A compressed GS1 Digital Link comes back as another: lot 0012345 as 12345, the price 0199 as 11000111, and a loyalty number not at all.
# Packages: digital-link.js 1.4.3 from npm; gs1-compression 0.1.3 from PyPI
# Expected: a valid link that is compressed and expanded by the same library is the link that went in.
# Happens: both drop leading zeros of lots, serial numbers and coupons. gs1-compression writes prices and counts with the binary digits of their
#   value, and k1=v1 as k=1, which it cannot read. digital-link.js counts with doubles: long serial numbers change, and it refuses its own link for an
#   18-digit loyalty number (8018) or parcel (00), whose check digit is then wrong.
# Matters: a coupon, a price or a batch that is shortened for a QR code names another one at the till.
# Output seen:
#> /01/09506000134352/10/AB-123/21/12345: digital-link.js the same; gs1-compression the same
#> /01/09506000134352/10/0012345: digital-link.js /01/09506000134352/10/12345; gs1-compression /01/09506000134352/10/12345
#> /01/09506000134352?3922=0199: digital-link.js /01/09506000134352?3922=199; gs1-compression /01/09506000134352?3922=11000111
#> /01/09506000134352?30=7: digital-link.js the same; gs1-compression /01/09506000134352?30=111
#> /01/09506000134352?k1=v1: digital-link.js the same; gs1-compression an error
#> /255/9506000543215000012: digital-link.js /255/950600054321512; gs1-compression /255/95060005432151100
#> /01/09506000134352/21/9007199254740993: digital-link.js /01/09506000134352/21/9007199254740992; gs1-compression the same
#> /8018/950600012345678907: digital-link.js an error; gs1-compression the same
#> /00/950600013435200008: digital-link.js an error; gs1-compression the same
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check gs1-compression==0.1.3
npm install --silent --no-audit --no-fund --prefix "$work" digital-link.js@1.4.3 >/dev/null
cd "$work"
cat >links <<'TEXT'
/01/09506000134352/10/AB-123/21/12345
/01/09506000134352/10/0012345
/01/09506000134352?3922=0199
/01/09506000134352?30=7
/01/09506000134352?k1=v1
/255/9506000543215000012
/01/09506000134352/21/9007199254740993
/8018/950600012345678907
/00/950600013435200008
TEXT
cat >try.js <<'PROGRAM'
const { readFileSync } = require("node:fs");
const { DigitalLink, Utils } = require("digital-link.js");
for (const path of readFileSync("links", "utf8").trim().split("\n")) {
  const link = DigitalLink(`https://id.example${path}`);
  if (!link.isValid()) throw new Error(`${path} is not valid`);
  const compressed = link.toCompressedWebUriString();
  try {
    console.log(Utils.decompressWebUri(compressed));
  } catch {
    console.log("an error");
  }
}
PROGRAM
node try.js >javascript
python=$("$work/env/bin/python" - 2>/dev/null <<'PROGRAM'
from gs1 import compress_gs1_digital_link, decompress_gs1_digital_link

stem = "https://id.example"


def around(path):
    compressed = compress_gs1_digital_link(stem + path)
    try:
        return decompress_gs1_digital_link(compressed, False)
    except Exception:
        return "an error"


for path, javascript in zip(open("links").read().split("\n"), open("javascript").read().split("\n")):
    if path:
        told = ["the same" if link == stem + path else link.removeprefix(stem) for link in (javascript, around(path))]
        print(f"{path}: digital-link.js {told[0]}; gs1-compression {told[1]}")
PROGRAM
)
if ! diff <(echo "$expected") <(echo "$python"); then
  echo "gs1-compressed-link: the output is no longer the one stated in the header" >&2
  exit 1
fi
echo "$python"
