#!/usr/bin/env bash
# barcodenumber says of every EAN-13 and EAN-8 that it is no EAN, says that a UPC number is one, and accepts only 13 digits as a GTIN.
# Packages: barcodenumber 0.5.0, python-stdnum 2.2 from PyPI
# Expected: EAN and GTIN, which barcodes() lists beside EAN13, EAN8 and GTIN14, are the families: EAN has 8 or 13 digits, GTIN 8, 12, 13 or 14.
# Happens: EAN asks for 12 digits, as an EAN-13 has without its check digit, but with a right check digit; the only numbers that have both
#   are UPC-A. The types with a length in their name are right, and python-stdnum's ean is right.
# Matters: a list of articles that is checked with the general type is refused as a whole, except for articles from North America.
# Output seen:
#> listed: EAN EAN13 EAN8 GTIN GTIN14 UPC UPCA
#> EAN-13 4006381333931 is EAN13 GTIN for barcodenumber, an EAN for python-stdnum
#> EAN-8 96385074 is EAN8 for barcodenumber, an EAN for python-stdnum
#> UPC-A 036000291452 is EAN UPC for barcodenumber, an EAN for python-stdnum
#> GTIN-14 04006381333931 is GTIN14 for barcodenumber, an EAN for python-stdnum
#> of 1000 right EAN-13 EAN13 accepts 1000, EAN accepts 0, and without the last digit EAN accepts 100
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check barcodenumber==0.5.0 python-stdnum==2.2
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import barcodenumber
from stdnum import ean

print("listed:", *(kind for kind in barcodenumber.barcodes() if kind.startswith(("EAN", "GTIN", "UPC"))))
for name, number in (("EAN-13", "4006381333931"), ("EAN-8", "96385074"), ("UPC-A", "036000291452"), ("GTIN-14", "04006381333931")):
    accepted = [kind for kind in ("EAN", "EAN13", "EAN8", "GTIN", "GTIN14", "UPC") if barcodenumber.check_code(kind, number)]
    print(f"{name} {number} is", *accepted, "for barcodenumber,", "an EAN" if ean.is_valid(number) else "nothing", "for python-stdnum")
begins = range(400638133000, 400638134000)
whole = [f"{begin}{ean.calc_check_digit(str(begin))}" for begin in begins]
print(f"of {len(whole)} right EAN-13 EAN13 accepts", sum(barcodenumber.check_code("EAN13", one) for one in whole), end="")
print(", EAN accepts", sum(barcodenumber.check_code("EAN", one) for one in whole), end="")
print(", and without the last digit EAN accepts", sum(barcodenumber.check_code("EAN", one[:-1]) for one in whole))
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "scan-no-number-is-an-ean: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
