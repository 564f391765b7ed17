#!/usr/bin/env bash
# A coupon whose ZPL asks for a UPC-A, Codabar, DataBar or Aztec code is drawn by zpl-renderer-js with the number as small text, and no error.
# Packages: zpl-renderer-js 3.4.0 from npm; zxing-cpp 3.1.1 with Pillow 13.0.0 from PyPI
# Expected: a renderer draws every barcode that the printer would print, or refuses the command that it does not know.
# Happens: ^BU, ^BK, ^BR and ^B0 are passed over, and their data is drawn as text; Code 128, Code 39, EAN-13, 2 of 5, QR, Data Matrix and PDF417 are drawn
#   and read back. The check digit that ^BE adds replaces a 13th digit without a word: 5901234123450 is drawn as 5901234123457.
# Matters: the digital copy of a receipt, or a test that compares pictures, has no code to scan where the paper has one.
# Output seen:
#> Code 128 ^BC: read as 0018
#> Code 39 ^B3: read as 0018
#> 2 of 5 ^B2: read as 0018
#> EAN-13 ^BE: read as 5901234123457
#> EAN-13 ^BE of 13: read as 5901234123457
#> QR ^BQ: read as 0018
#> PDF417 ^B7: read as 0018
#> Data Matrix ^BX: read as 0018
#> UPC-A ^BU: no code, something 7 dots high
#> Codabar ^BK: no code, something 7 dots high
#> DataBar ^BR: no code, something 7 dots high
#> Aztec ^B0: no code, something 7 dots high
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check zxing-cpp==3.1.1 pillow==13.0.0
npm install --silent --no-audit --no-fund --prefix "$work" zpl-renderer-js@3.4.0 >/dev/null
cd "$work"
cat >labels.json <<'JSON'
{
  "Code 128 ^BC": "^BY2^BCN,100,N,N,N^FD0018^FS",
  "Code 39 ^B3": "^BY2^B3N,N,100,N,N^FD0018^FS",
  "2 of 5 ^B2": "^BY3^B2N,100,N,N,N^FD0018^FS",
  "EAN-13 ^BE": "^BY3^BEN,100,N,N^FD590123412345^FS",
  "EAN-13 ^BE of 13": "^BY3^BEN,100,N,N^FD5901234123450^FS",
  "QR ^BQ": "^BQN,2,6^FDQA,0018^FS",
  "PDF417 ^B7": "^BY2^B7N,8,3,,,N^FD0018^FS",
  "Data Matrix ^BX": "^BXN,8,200^FD0018^FS",
  "UPC-A ^BU": "^BY3^BUN,100,N,N,Y^FD01234567890^FS",
  "Codabar ^BK": "^BY3^BKN,N,100,N,N,A,A^FD001812^FS",
  "DataBar ^BR": "^BRN,1,4,2,100^FD0950110153000^FS",
  "Aztec ^B0": "^B0N,8,N,0,N,1,0^FD0018^FS"
}
JSON
cat >draw.mjs <<'PROGRAM'
import { readFileSync, writeFileSync } from "node:fs";
import { ready } from "zpl-renderer-js";

const { api } = await ready;
for (const [number, label] of Object.values(JSON.parse(readFileSync("labels.json", "utf8"))).entries()) {
  writeFileSync(`${number}.png`, Buffer.from(await api.zplToBase64Async(`^XA^FO50,50${label}^XZ`, 60, 40, 12), "base64"));
}
process.exit(0);
PROGRAM
cat >read.py <<'PROGRAM'
import json

import zxingcpp
from PIL import Image, ImageOps

for number, what in enumerate(json.load(open("labels.json"))):
    picture = Image.open(f"{number}.png").convert("L")
    left, top, right, bottom = ImageOps.invert(picture).getbbox() or (0, 0, 0, 0)
    codes = [f"{code.text}" for code in zxingcpp.read_barcodes(picture)]
    print(f"{what}: {'read as ' + codes[0] if codes else f'no code, something {bottom - top} dots high'}")
PROGRAM
node draw.mjs >log
env/bin/python read.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "receipt-zpl-text-for-barcode: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
