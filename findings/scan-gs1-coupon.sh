#!/usr/bin/env bash
# Of one GS1 barcode three scanners give three texts, and from two of them a reader takes another coupon: number 123456 becomes 123456811105.
# Packages: bwip-js 4.11.4, @zxing/library 0.21.3, @undecaf/zbar-wasm 0.11.0, pngjs 7.0.0 from npm; zxing-cpp 3.1.1, biip 5.2.0, python-stdnum 2.2 from PyPI
# Expected: a scanner hands on the separator (FNC1, as GS) that ends an element of variable length; a reader that takes brackets reads by them.
# Happens: zbar hands it on. @zxing/library leaves it out of a linear barcode, not of a QR code. zxing-cpp gives brackets instead, as printed below
#   the bars; biip refuses them, and python-stdnum, whose examples have them, drops them first and then has no separator either.
# Matters: the batch takes in the serial number, a coupon takes in the points of the next element, and nobody reports an error.
# Output seen:
#> GS1-128 (10)AB-123(21)12345
#>   zbar 10AB-123<GS>2112345: biip 10=AB-123 21=12345; stdnum 10=AB-123 21=12345
#>   zxing-cpp (10)AB-123(21)12345: biip refuses it; stdnum 10=AB-1232112345
#>   @zxing/library 10AB-1232112345: biip 10=AB-1232112345; stdnum 10=AB-1232112345
#> GS1-128 (255)9506000543215123456(8111)0500
#>   zbar 2559506000543215123456<GS>81110500: biip 255=9506000543215123456 8111=0500; stdnum 255=9506000543215123456 8111=0500
#>   zxing-cpp (255)9506000543215123456(8111)0500: biip refuses it; stdnum 255=9506000543215123456811105 00=
#>   @zxing/library 255950600054321512345681110500: biip refuses it; stdnum 255=9506000543215123456811105 00=
#> QR code (255)9506000543215123456(8111)0500
#>   zbar 2559506000543215123456<GS>81110500: biip 255=9506000543215123456 8111=0500; stdnum 255=9506000543215123456 8111=0500
#>   zxing-cpp (255)9506000543215123456(8111)0500: biip refuses it; stdnum 255=9506000543215123456811105 00=
#>   @zxing/library 2559506000543215123456<GS>81110500: biip 255=9506000543215123456 8111=0500; stdnum 255=9506000543215123456 8111=0500
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check zxing-cpp==3.1.1 biip==5.2.0 python-stdnum==2.2 pillow==13.0.0
npm install --silent --no-audit --no-fund --prefix "$work" bwip-js@4.11.4 @zxing/library@0.21.3 @undecaf/zbar-wasm@0.11.0 pngjs@7.0.0 >/dev/null
cd "$work"
cat >scan.mjs <<'PROGRAM'
import { writeFileSync } from "node:fs";
import { scanGrayBuffer } from "@undecaf/zbar-wasm";
import zxing from "@zxing/library";
import bwip from "bwip-js/node";
import pngjs from "pngjs";

const labels = [
  ["GS1-128", "gs1-128", "(10)AB-123(21)12345"],
  ["GS1-128", "gs1-128", "(255)9506000543215123456(8111)0500"],
  ["QR code", "gs1qrcode", "(255)9506000543215123456(8111)0500"],
];
const scans = [];
for (const [kind, bcid, text] of labels) {
  const file = `${scans.length}.png`;
  const png = await bwip.toBuffer({ bcid, text, scale: 3, height: 15, padding: 15, backgroundcolor: "FFFFFF" });
  writeFileSync(file, png);
  const { width, height, data } = pngjs.PNG.sync.read(png);
  const grey = Uint8ClampedArray.from({ length: width * height }, (_, n) => data[4 * n]);
  const bitmap = new zxing.BinaryBitmap(new zxing.HybridBinarizer(new zxing.RGBLuminanceSource(grey, width, height)));
  const hints = new Map([[zxing.DecodeHintType.TRY_HARDER, true]]);
  const zbar = (await scanGrayBuffer(grey.buffer, width, height))[0].decode();
  scans.push({ label: `${kind} ${text}`, file, zbar, library: new zxing.MultiFormatReader().decode(bitmap, hints).getText() });
}
console.log(JSON.stringify(scans));
PROGRAM
cat >read.py <<'PROGRAM'
import json

import biip
import zxingcpp
from PIL import Image
from stdnum import gs1_128


def by_biip(text):
    message = biip.parse(text).gs1_message
    return " ".join(f"{one.ai.ai}={one.value}" for one in message.element_strings) if message else "refuses it"


def by_stdnum(text):
    return " ".join(f"{ai}={value}" for ai, value in gs1_128.info(text, "\x1d").items())


for scan in json.load(open("scans.json")):
    print(scan["label"])
    image = Image.open(scan["file"]).convert("L")
    texts = {"zbar": scan["zbar"], "zxing-cpp": zxingcpp.read_barcode(image).text, "@zxing/library": scan["library"]}
    for name, text in texts.items():
        shown = text.replace("\x1d", "<GS>")
        print(f"  {name} {shown}: biip {by_biip(text)}; stdnum {by_stdnum(text)}")
PROGRAM
node scan.mjs >scans.json
"$work/env/bin/python" read.py >seen
if ! diff <(echo "$expected") seen; then
  echo "scan-gs1-coupon: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
