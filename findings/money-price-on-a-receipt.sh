#!/usr/bin/env bash
# The discount 1.99- of a receipt is 1.99 for two price readers and -1.99 for one; price-parser also reads -1.99 as 1.99, and 0.001 as 1.
# Packages: price-parser 0.5.1 from PyPI; accounting 0.4.1, numeral 2.0.6, numbro 2.5.0, @internationalized/number 3.6.9 from npm
# Expected: a reader of prices keeps the sign in front, refuses a sign behind or reads it, and 0.001 is less than a cent.
# Happens: price-parser knows no signs, takes three digits after a point for thousands (unless there are more digits) and the first number of several;
#   the word free is 0. numeral takes any hyphen for a minus, so 12,- (twelve, no cents) is -12, and 10 % is 0.1. numbro reads percent alike,
#   accounting drops all but digits and points. @internationalized/number refuses most of it, the accountants' (1.99) too unless told so.
# Matters: an offer that is read from a receipt or a product page adds to the total what it was to take off.
# Output seen:
#> 1.99: price-parser 1.99, accounting 1.99, numeral 1.99, numbro 1.99, international 1.99
#> -1.99: price-parser 1.99, accounting -1.99, numeral -1.99, numbro -1.99, international -1.99
#> 1.99-: price-parser 1.99, accounting 1.99, numeral -1.99, numbro -, international -
#> (1.99): price-parser 1.99, accounting -1.99, numeral -1.99, numbro -1.99, international -
#> 12,-: price-parser 12, accounting 12, numeral -12, numbro -, international -
#> -,50: price-parser 50, accounting -50, numeral -50, numbro -, international -50
#> 0.001: price-parser 1, accounting 0.001, numeral 0.001, numbro 0.001, international 0.001
#> 1.000: price-parser 1000, accounting 1, numeral 1, numbro 1, international 1
#> 1.0000: price-parser 1.0000, accounting 1, numeral 1, numbro 1, international 1
#> 1.234,50: price-parser 1234.50, accounting 1.2345, numeral 1.2345, numbro 1.2345, international 1.2345
#> 2 x 1.99: price-parser 2, accounting 21.99, numeral 21.99, numbro -, international -
#> 10 %: price-parser 10, accounting 10, numeral 0.1, numbro 0.1, international -
#> free: price-parser 0, accounting 0, numeral -, numbro -, international -
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check price-parser==0.5.1
npm install --silent --no-audit --no-fund --prefix "$work" accounting@0.4.1 numeral@2.0.6 numbro@2.5.0 @internationalized/number@3.6.9 >/dev/null
cd "$work"
echo '["1.99", "-1.99", "1.99-", "(1.99)", "12,-", "-,50", "0.001", "1.000", "1.0000", "1.234,50", "2 x 1.99", "10 %", "free"]' >prices.json
cat >by_js.cjs <<'PROGRAM'
const accounting = require("accounting");
const { NumberParser } = require("@internationalized/number");
const numbro = require("numbro");
const numeral = require("numeral");

const international = new NumberParser("en-US", { style: "decimal" });
for (const price of require("./prices.json")) {
  const by = {
    accounting: accounting.unformat(price),
    numeral: numeral(price).value(),
    numbro: numbro.unformat(price),
    international: international.parse(price),
  };
  console.log(JSON.stringify(by, (name, value) => (typeof value === "object" && value ? value : Number.isFinite(value) ? String(value) : "-")));
}
PROGRAM
cat >by_python.py <<'PROGRAM'
import json
import sys

from price_parser import Price

for price, line in zip(json.load(open("prices.json")), sys.stdin):
    amount = Price.fromstring(price).amount
    by = {"price-parser": "-" if amount is None else str(amount), **json.loads(line)}
    print(f"{price}:", ", ".join(f"{name} {value}" for name, value in by.items()))
PROGRAM
node by_js.cjs | env/bin/python by_python.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "money-price-on-a-receipt: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
