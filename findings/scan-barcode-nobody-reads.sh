#!/usr/bin/env bash
# python-barcode draws EAN-14, ISBN-10 and ISSN codes that no scanner reads, and the QR code that segno makes of a loyalty number is a Micro QR.
# Packages: python-barcode 0.16.1, segno 1.6.6, zxing-cpp 3.1.1, pillow 13.0.0 from PyPI; @undecaf/zbar-wasm 0.11.0, @zxing/library 0.21.3,
#   pngjs 7.0.0 from npm
# Expected: what a library draws under the name of a barcode can be read by a scanner of that barcode.
# Happens: python-barcode puts 14, 10 or 8 digits between the bars of an EAN-13, which has 13 (102, 74 or 60 modules for 95), and prints 9781234567
#   for the ISBN 1234567890: a real EAN-14 is an ITF-14 or GS1-128, and ISBN and ISSN are 13 digits below the bars. segno.make takes the smallest
#   symbol, for short content a Micro QR, which two of three scanners do not know (make_qr gives the usual one).
# Matters: the card or box looks right, no call fails, and the till finds nothing to scan.
# Output seen:
#> python-barcode ean13 400638133393 (95 modules): zxing-cpp 4006381333931, zbar 4006381333931, @zxing/library 4006381333931
#> python-barcode ean14 0950600013435 (102 modules): zxing-cpp nothing, zbar nothing, @zxing/library nothing
#> python-barcode isbn10 1234567890 (74 modules): zxing-cpp nothing, zbar nothing, @zxing/library nothing
#> python-barcode issn 1234567 (60 modules): zxing-cpp nothing, zbar nothing, @zxing/library nothing
#> segno.make 0012345: zxing-cpp 0012345, zbar nothing, @zxing/library nothing
#> segno.make_qr 0012345: zxing-cpp 0012345, zbar 0012345, @zxing/library 0012345
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check python-barcode==0.16.1 segno==1.6.6 zxing-cpp==3.1.1 pillow==13.0.0
npm install --silent --no-audit --no-fund --prefix "$work" @undecaf/zbar-wasm@0.11.0 @zxing/library@0.21.3 pngjs@7.0.0 >/dev/null
cd "$work"
cat >draw.py <<'PROGRAM'
import json

import barcode
import segno
import zxingcpp
from barcode.writer import ImageWriter
from PIL import Image

drawn = []
for kind, number in (("ean13", "400638133393"), ("ean14", "0950600013435"), ("isbn10", "1234567890"), ("issn", "1234567")):
    code = barcode.get(kind, number, writer=ImageWriter())
    drawn.append((f"python-barcode {kind} {number} ({len(code.build()[0])} modules)", code.render({"write_text": False})))
for make in (segno.make, segno.make_qr):
    make("0012345").save("segno.png", scale=6, border=8)
    drawn.append((f"segno.{make.__name__} 0012345", Image.open("segno.png")))
scans = []
for n, (label, image) in enumerate(drawn):
    image = image.convert("L")
    image.save(f"{n}.png")
    found = zxingcpp.read_barcode(image)
    scans.append([label, f"{n}.png", found.text if found else "nothing"])
print(json.dumps(scans))
PROGRAM
cat >scan.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import { scanGrayBuffer } from "@undecaf/zbar-wasm";
import zxing from "@zxing/library";
import pngjs from "pngjs";

for (const [label, file, cpp] of JSON.parse(readFileSync("scans.json", "utf8"))) {
  const { width, height, data } = pngjs.PNG.sync.read(readFileSync(file));
  const grey = Uint8ClampedArray.from({ length: width * height }, (_, n) => data[4 * n]);
  const bitmap = new zxing.BinaryBitmap(new zxing.HybridBinarizer(new zxing.RGBLuminanceSource(grey, width, height)));
  const zbar = (await scanGrayBuffer(grey.buffer, width, height))[0]?.decode() ?? "nothing";
  let library = "nothing";
  try {
    library = new zxing.MultiFormatReader().decode(bitmap, new Map([[zxing.DecodeHintType.TRY_HARDER, true]])).getText();
  } catch (error) {
    if (!(error instanceof zxing.NotFoundException)) throw error;
  }
  console.log(`${label}: zxing-cpp ${cpp}, zbar ${zbar}, @zxing/library ${library}`);
}
PROGRAM
"$work/env/bin/python" draw.py >scans.json
node scan.mjs >seen
if ! diff <(echo "$expected") seen; then
  echo "scan-barcode-nobody-reads: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
