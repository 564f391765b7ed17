#!/usr/bin/env bash
# Babel writes the compact price of 2.675 as $2.675 with no fraction digits asked for, and its strict mode reads NaN, 1_000 and 1e3 as amounts.
# Packages: babel 2.19.0 from PyPI
# Expected: fraction_digits is the "number of fraction digits to use", 0 by default, so $3; strict is to refuse numbers that are not formatted as usual.
# Happens: an amount below the first compact unit (1000, in German a million) is written with whatever places it has, and without grouping,
#   also above the last unit. Strict looks at the places of the commas, and leaves the rest to Python's Decimal: infinity is an amount.
#   Swedish text has a minus of its own, U+2212, which Babel neither writes nor reads.
# Matters: a list of balances shows $2K beside $999.999, and a form field with NaN passes as an amount.
# Output seen:
#> 2.675 compact in English $2.675 $2.675
#> 999.999 compact in English $999.999 $999.999
#> 1499 compact in English $1K $1.5K
#> 1500 compact in English $2K $1.5K
#> 1E+15 compact in English $1000T $1000T
#> 1234.5 compact in German 1234,5 €
#> 1,234.50 read strictly in en 1234.50
#> 12,34 read strictly in en NumberFormatError
#> 1_000 read strictly in en 1000
#> 1e3 read strictly in en 1E+3
#> NaN read strictly in en NaN
#> Infinity read strictly in en Infinity
#> \u22125 read strictly in sv NumberFormatError
#> -5 read strictly in sv -5
#> -5 written in sv -5,00\xa0kr
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check babel==2.19.0
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
from decimal import Decimal

from babel.numbers import format_compact_currency, format_currency, parse_decimal

for amount in ("2.675", "999.999", "1499", "1500", "1E+15"):
    written = [format_compact_currency(Decimal(amount), "USD", locale="en", fraction_digits=digits) for digits in (0, 1)]
    print(amount, "compact in English", *written)
print("1234.5 compact in German", format_compact_currency(Decimal("1234.5"), "EUR", locale="de").replace("\u00a0", " "))
for text, language in (("1,234.50", "en"), ("12,34", "en"), ("1_000", "en"), ("1e3", "en"), ("NaN", "en"), ("Infinity", "en"), ("\u22125", "sv"), ("-5", "sv")):
    try:
        read = parse_decimal(text, locale=language, strict=True)
    except ValueError as error:
        read = type(error).__name__
    print(ascii(text).strip("'"), "read strictly in", language, read)
print("-5 written in sv", ascii(format_currency(-5, "SEK", locale="sv")).strip("'"))
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "money-babel-compact: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
