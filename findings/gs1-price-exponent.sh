#!/usr/bin/env bash
# python-stdnum writes the letter E into the digits-only price of a GS1 barcode, and answers another AI than it was asked for.
# Packages: python-stdnum 2.2 and biip 5.2.0 from PyPI
# Expected: Decimal("1E+2") (what normalize() makes of 100.00) is written as 100 or refused; AI 3922 stays AI 3922.
# Happens: the text of the Decimal is cut at its dot, so 1E+2 lands in AI 3920, which holds digits only. python-stdnum reads it
#   back without a word, biip refuses it. The last digit of the AI follows the value: asked for 3922 or 3102, it writes 3920 or 3101.
# Matters: prices that went through Decimal.normalize() or JSON arithmetic make labels that no scanner takes; code that looks its price
#   up under the AI it wrote (3922) does not find it.
# Output seen:
#> 3922 100.00 is written as 392210000 and read back as {'3922': Decimal('100.00')}
#>   biip: 3922 100.00
#> 3922 1E+2 is written as 39201E+2 and read back as {'3920': Decimal('1E+2')}
#>   biip: ParseError
#> 3102 17.5 is written as 3101000175 and read back as {'3101': Decimal('17.5')}
#>   biip: 3101 17.5
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check python-stdnum==2.2 biip==5.2.0
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
from decimal import Decimal

from biip.gs1_messages import GS1Message
from stdnum import gs1_128

for ai, value in (("3922", Decimal("100.00")), ("3922", Decimal("100.00").normalize()), ("3102", Decimal("17.5"))):
    written = gs1_128.encode({ai: value})
    print(ai, value, "is written as", written, "and read back as", gs1_128.info(written))
    try:
        element = GS1Message.parse(written).element_strings[0]
        print("  biip:", element.ai.ai, element.decimal)
    except Exception as error:
        print("  biip:", type(error).__name__)
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "gs1-price-exponent: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
