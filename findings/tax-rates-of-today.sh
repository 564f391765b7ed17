#!/usr/bin/env bash
# Asked for the tax of 30 November 2026, pyvat has the old rates of Estonia, Finland, Romania and Slovakia: 22, 24, 19 and 20 % instead of 24, 25.5, 21, 23.
# Packages: pyvat 1.3.18, eu-vat-rates-data 2026.9.29 from PyPI; sales-tax 2.23.0 from npm
# Expected: the newest release of a package that knows rates by date knows those of last year, or refuses a date after its own.
# Happens: pyvat takes a date, but has one rate for each of these countries: 19 % also for Germany in the second half of 2020, when it was 16. sales-tax
#   has the rates right and leaves the sum with all its fractions of a cent (and the error of binary fractions).
# Matters: net and tax on the receipt are wrong by up to three per cent, with no sign of it.
# Output seen:
#> Germany, 1 July 2020: 19.0 1 January 2021: 19.0
#> EE, 30 November 2026: pyvat 22, eu-vat-rates-data 24
#> FI, 30 November 2026: pyvat 24, eu-vat-rates-data 25.5
#> RO, 30 November 2026: pyvat 19, eu-vat-rates-data 21
#> SK, 30 November 2026: pyvat 20, eu-vat-rates-data 23
#> equal: AT BE BG CY CZ DE DK ES FR HR HU IE IT LT LU LV MT NL PL PT SE SI
#> EE: sales-tax 24
#> FI: sales-tax 25.5
#> RO: sales-tax 21
#> SK: sales-tax 23
#> 19.99 and German tax: sales-tax 23.788099999999996
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check pyvat==1.3.18 eu-vat-rates-data==2026.9.29
npm install --silent --no-audit --no-fund --prefix "$work" sales-tax@2.23.0 >/dev/null
cd "$work"
cat >by_python.py <<'PROGRAM'
import datetime
import json

import eu_vat_rates_data
import pyvat

COUNTRIES = "AT BE BG CY CZ DE DK EE ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()


def by_pyvat(country, date):
    return float(pyvat.get_sale_vat_charge(
        date, pyvat.ItemType.generic_electronic_service, pyvat.Party(country, False), pyvat.Party(country, True)).rate)


print("Germany, 1 July 2020:", by_pyvat("DE", datetime.date(2020, 7, 1)), "1 January 2021:", by_pyvat("DE", datetime.date(2021, 1, 1)))
equal = []
for country in COUNTRIES:
    old, new = by_pyvat(country, datetime.date(2026, 11, 30)), eu_vat_rates_data.get_standard_rate(country)
    if old == new:
        equal.append(country)
    else:
        print(f"{country}, 30 November 2026: pyvat {old:g}, eu-vat-rates-data {new:g}")
print("equal:", *equal)
PROGRAM
cat >by_js.cjs <<'PROGRAM'
const salesTax = require("sales-tax");

(async () => {
  for (const country of ["EE", "FI", "RO", "SK"]) console.log(`${country}: sales-tax ${100 * (await salesTax.getSalesTax(country)).rate}`);
  const { total } = await salesTax.getAmountWithSalesTax("DE", null, 19.99);
  console.log(`19.99 and German tax: sales-tax ${total}`);
})();
PROGRAM
env/bin/python by_python.py >seen
node by_js.cjs >>seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "tax-rates-of-today: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
