#!/usr/bin/env bash
# A balance of minus four tenths of a cent is written 0$.00 by numeral, -$.00 by numbro, with a minus before 0.00 by four others, and as 0.00 by two.
# Packages: numeral 2.0.6, numbro 2.5.0, accounting 0.4.1, currency.js 2.0.4, currency-formatter 1.5.9, d3-format 3.1.3 from npm; Babel 2.19.0 from PyPI; Intl of Node
# Expected: an amount that rounds to nothing is written as nothing, with its digit before the point and the sign of the currency in its place.
# Happens: numeral and numbro lose or misplace the 0 of what rounds to minus nothing, with 0.5 cents less as well. accounting, currency-formatter, Intl and
#   Babel keep the minus. Half a cent less is one cent less for four, nothing for four. A huge amount is $NaN for numeral, and has an exponent for
#   two. The minus of d3-format is a typographic one.
# Matters: the remainder of shared points on a statement looks like a broken page, or like a debt.
# Output seen:
#> -0.004: 0$.00 numeral; -$.00 numbro; $-0.00 accounting; $0.00 currency.js, d3-format; -$0.00 currency-formatter, Intl, Babel
#> -0.005: 0$.00 numeral; -$.00 numbro; $-0.01 accounting; $0.00 currency.js; -$0.01 currency-formatter, Intl; −$0.01 d3-format; -$0.00 Babel
#> -0.006: -$0.01 numeral, numbro, currency.js, currency-formatter, Intl, Babel; $-0.01 accounting; −$0.01 d3-format
#> 0.004: $0.00 all
#> -0.5: -$0.50 numeral, numbro, currency.js, currency-formatter, Intl, Babel; $-0.50 accounting; −$0.50 d3-format
#> 0.285: $0.29 numeral, numbro, currency.js, Intl; $0.28 accounting, currency-formatter, d3-format, Babel
#> 1e21: $NaN numeral; $1,000,000,000,000,000,000,000.00 numbro, Intl, Babel; $999,999,999,999,999,900,000.00 accounting, currency-formatter; $1e+21 currency.js, d3-format
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check babel==2.19.0
npm install --silent --no-audit --no-fund --prefix "$work" \
  numeral@2.0.6 numbro@2.5.0 accounting@0.4.1 currency.js@2.0.4 currency-formatter@1.5.9 d3-format@3.1.3 >/dev/null
cd "$work"
cat >format.mjs <<'PROGRAM'
import accounting from "accounting";
import currency from "currency.js";
import currencyFormatter from "currency-formatter";
import { format } from "d3-format";
import numbro from "numbro";
import numeral from "numeral";

const by = {
  numeral: (value) => numeral(value).format("$0,0.00"),
  numbro: (value) => numbro(value).formatCurrency({ mantissa: 2, thousandSeparated: true }),
  accounting: (value) => accounting.formatMoney(value),
  "currency.js": (value) => currency(value).format(),
  "currency-formatter": (value) => currencyFormatter.format(value, { code: "USD" }),
  "d3-format": format("$,.2f"),
  Intl: (value) => new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" }).format(value),
};
const values = process.argv.slice(2).map(Number);
console.log(JSON.stringify(values.map((value) => Object.entries(by).map(([name, write]) => [name, write(value)]))));
PROGRAM
cat >compare.py <<'PROGRAM'
import json
import sys

from babel.numbers import format_currency

for value, written in zip(sys.argv[1:], json.load(open("js.json"))):
    same = {}
    for name, text in [*written, ["Babel", format_currency(float(value), "USD", locale="en_US")]]:
        same.setdefault(text, []).append(name)
    print(f"{value}:", "; ".join(f"{text} {', '.join(names) if len(same) > 1 else 'all'}" for text, names in same.items()))
PROGRAM
values=(-0.004 -0.005 -0.006 0.004 -0.5 0.285 1e21)
node format.mjs "${values[@]}" >js.json
env/bin/python compare.py "${values[@]}" >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "money-nearly-nothing: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
