#!/usr/bin/env bash
# A coupon made by wallet-py3k never expires: its attribute for the expiry date is called exprirationDate, and expirationDate is ignored.
# Packages: wallet-py3k 0.0.4, py-pkpass 1.0.2 from PyPI; passkit-generator 3.6.1 from npm
# Expected: a pass with an expiration date has it in pass.json; a barcode that is given as a text becomes one barcode.
# Happens: wallet-py3k writes no date, and knows no Code 128. passkit-generator makes eight barcodes of one text, EAN-13, 2 of 5 and Codabar among
#   them, whatever the text is; given a number it writes an empty list of barcodes and a line to the console.
# Matters: the customer's phone shows the expired coupon as a good one, or a code that the scanner reads as another number.
# Output seen:
#> wallet-py3k: expirationDate missing, formats known: AZTEC PDF417 QR
#>   barcodes: [], barcode: PKBarcodeFormatQR
#> py-pkpass: expirationDate 2026-03-01T10:00:00+01:00, formats known: AZTEC CODE128 PDF417 QR
#>   barcodes: ['PKBarcodeFormatQR'], barcode: PKBarcodeFormatQR
#> passkit-generator, "0018": expirationDate 2026-03-01T09:00:00.000Z
#>   barcodes: QR PDF417 Aztec Code128 Code39 Codabar EAN13 I2of5
#> passkit-generator, {"message":"0018","format":"PKBarcodeFormatQR"}: expirationDate 2026-03-01T09:00:00.000Z
#>   barcodes: QR
#> passkit-generator, {"message":18,"format":"PKBarcodeFormatQR"}: expirationDate 2026-03-01T09:00:00.000Z
#>   barcodes: none
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for package in wallet-py3k==0.0.4 py-pkpass==1.0.2; do
  python3 -m venv "$work/${package%%-*}"
  "$work/${package%%-*}/bin/pip" install --quiet --disable-pip-version-check "$package"
done
npm install --silent --no-audit --no-fund --prefix "$work" passkit-generator@3.6.1 >/dev/null
cd "$work"
cat >by_python.py <<'PROGRAM'
import importlib
import json
import sys

models = importlib.import_module(sys.argv[1])
coupon = models.Coupon()
coupon.addPrimaryField("offer", "10 % off", "Offer")
made = models.Pass(coupon, organizationName="Shop", passTypeIdentifier="pass.test", teamIdentifier="TEAM")
made.serialNumber, made.description = "0018", "Coupon"
made.expirationDate = "2026-03-01T10:00:00+01:00"
made.barcode = models.Barcode("0018", models.BarcodeFormat.QR)
written = json.loads(json.dumps(made.json_dict(), default=lambda part: part.json_dict()))
formats = [name for name in vars(models.BarcodeFormat) if name.isupper()]
print(f"{sys.argv[2]}: expirationDate {written.get('expirationDate', 'missing')}, formats known: {' '.join(sorted(formats))}")
print(f"  barcodes: {[code['format'] for code in written.get('barcodes', [])]}, barcode: {written.get('barcode', {}).get('format')}")
PROGRAM
cat >by_js.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import { PKPass } from "passkit-generator";

const certificate = readFileSync("certificate.pem");
const certificates = { wwdr: certificate, signerCert: certificate, signerKey: readFileSync("key.pem") };
const log = console.warn;
for (const barcode of ["0018", { message: "0018", format: "PKBarcodeFormatQR" }, { message: 18, format: "PKBarcodeFormatQR" }]) {
  const values = { serialNumber: "0018", description: "Coupon", organizationName: "Shop", passTypeIdentifier: "pass.test", teamIdentifier: "TEAM" };
  const pass = new PKPass({ "icon.png": Buffer.from("") }, certificates, values);
  pass.type = "coupon";
  pass.setExpirationDate(new Date("2026-03-01T10:00:00+01:00"));
  console.log = console.warn = () => {};
  pass.setBarcodes(barcode);
  console.warn = log;
  const { barcodes, expirationDate } = pass.props;
  process.stdout.write(`passkit-generator, ${JSON.stringify(barcode)}: expirationDate ${expirationDate}\n`);
  process.stdout.write(`  barcodes: ${barcodes.map((code) => code.format.replace("PKBarcodeFormat", "")).join(" ") || "none"}\n`);
}
PROGRAM
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out certificate.pem -subj /CN=till.test 2>log
wallet/bin/python by_python.py wallet.models wallet-py3k >seen
py/bin/python by_python.py py_pkpass.models py-pkpass >>seen
node by_js.mjs >>seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "wallet-pass-never-expires: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
