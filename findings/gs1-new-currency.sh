#!/usr/bin/env bash
# biip reads a barcode with a price in the ZWG currency without py-moneyed, and fails on it once py-moneyed is installed beside it.
# Packages: biip 5.2.0, py-moneyed 3.0 (its optional companion) from PyPI
# Expected: an optional companion adds a Money value or leaves it out; what biip cannot read raises biip's own ParseError.
# Happens: ISO 4217 number 924 (ZWG, since 2024) is not in py-moneyed 3.0. biip lets py-moneyed's CurrencyDoesNotExist out of parse(),
#   which is no subclass of BiipException, and the whole barcode is lost, item number and all. Its text names the code None.
#   Number 532, which ISO handed on from ANG to XCG in 2025, gives Money in ANG, a currency that is no more.
# Matters: installing a money library for another part of a till takes its scanner down on a valid label.
# Output seen:
#> without py-moneyed
#> 978 04006381333931 5.00 None
#> 532 04006381333931 5.00 None
#> 924 04006381333931 5.00 None
#> with py-moneyed
#> 978 04006381333931 5.00 € 5.00
#> 532 04006381333931 5.00 ANG 5.00
#> 924 CurrencyDoesNotExist No currency with code None is defined. | a BiipException: False
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check biip==5.2.0
cat >"$work/program.py" <<'PROGRAM'
import biip
from biip.gs1_messages import GS1Message

for number in ("978", "532", "924"):
    try:
        item, price = GS1Message.parse("01040063813339313932" + number + "500").element_strings
        print(number, item.value, price.decimal, price.money)
    except Exception as error:
        print(number, type(error).__name__, error, "| a BiipException:", isinstance(error, biip.BiipException))
PROGRAM
{
  echo "without py-moneyed"
  "$work/env/bin/python" "$work/program.py"
  "$work/env/bin/pip" install --quiet --disable-pip-version-check py-moneyed==3.0
  echo "with py-moneyed"
  "$work/env/bin/python" "$work/program.py"
} >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "gs1-new-currency: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
