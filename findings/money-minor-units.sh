#!/usr/bin/env bash
# 1234 in the minor unit is 12.34 forint for two money libraries and 1234 forint for Intl and Babel; of dinars stockholm makes 12.34, others 1.234.
# Packages: iso4217 1.16.20260101, py-moneyed 3.0, Babel 2.19.0, stockholm 0.5.7 from PyPI; currency-codes 2.2.0, dinero.js 2.0.2 from npm; Intl of Node.js 20
# Expected: the number of fraction digits of a currency is that of ISO 4217 everywhere (Intl's specification refers to it as well).
# Happens: Intl and Babel have CLDR's digits, which are those of coins in use: none for forint, Colombian peso, rupiah and dinars of Iraq, where
#   ISO says 2 or 3. stockholm has 2 for what it does not list,
#   dinero.js 1 for ariary and ouguiya, whose unit is a fifth.
# Matters: a price in minor units that the till formats is a hundredth, or a hundredfold, of what the middleware means.
# Output seen:
#> EUR: iso4217 2, py-moneyed 2, Babel 2, stockholm 2, currency-codes 2, dinero.js 2, Intl 2
#> JPY: iso4217 0, py-moneyed 0, Babel 0, stockholm 0, currency-codes 0, dinero.js 0, Intl 0
#> HUF: iso4217 2, py-moneyed 2, Babel 0, stockholm 2, currency-codes 2, dinero.js 2, Intl 0
#> COP: iso4217 2, py-moneyed 2, Babel 0, stockholm 2, currency-codes 2, dinero.js 2, Intl 0
#> IDR: iso4217 2, py-moneyed 2, Babel 0, stockholm 2, currency-codes 2, dinero.js 2, Intl 0
#> IQD: iso4217 3, py-moneyed 3, Babel 0, stockholm 3, currency-codes 3, dinero.js 3, Intl 0
#> BHD: iso4217 3, py-moneyed 3, Babel 3, stockholm 2, currency-codes 3, dinero.js 3, Intl 3
#> BIF: iso4217 0, py-moneyed 0, Babel 0, stockholm 2, currency-codes 0, dinero.js 0, Intl 0
#> MGA: iso4217 2, py-moneyed 2, Babel 0, stockholm 2, currency-codes 2, dinero.js 1, Intl 0
#> MRU: iso4217 2, py-moneyed 2, Babel 2, stockholm 2, currency-codes 2, dinero.js 1, Intl 2
#> CLF: iso4217 4, py-moneyed 4, Babel 4, stockholm 4, currency-codes 4, dinero.js 4, Intl 4
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check iso4217==1.16.20260101 py-moneyed==3.0 Babel==2.19.0 stockholm==0.5.7
npm install --silent --no-audit --no-fund --prefix "$work" currency-codes@2.2.0 dinero.js@2.0.2 >/dev/null
cd "$work"
echo '["EUR", "JPY", "HUF", "COP", "IDR", "IQD", "BHD", "BIF", "MGA", "MRU", "CLF"]' >codes.json
cat >by_js.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import currencyCodes from "currency-codes";
import * as dinero from "dinero.js/currencies";

for (const code of JSON.parse(readFileSync("codes.json", "utf8"))) {
  const intl = new Intl.NumberFormat("en", { style: "currency", currency: code }).resolvedOptions().maximumFractionDigits;
  console.log(`currency-codes ${currencyCodes.code(code).digits}, dinero.js ${dinero[code]?.exponent ?? "-"}, Intl ${intl}`);
}
PROGRAM
cat >by_python.py <<'PROGRAM'
import importlib
import json

import babel.numbers
import iso4217
import moneyed

for code in json.load(open("codes.json")):
    stockholm = getattr(importlib.import_module("stockholm.currency"), code, None)
    digits = {
        "iso4217": iso4217.Currency(code).exponent,
        "py-moneyed": len(str(moneyed.get_currency(code).sub_unit)) - 1,
        "Babel": babel.numbers.get_currency_precision(code),
        "stockholm": "-" if stockholm is None else stockholm.decimal_digits,
    }
    print(f"{code}:", ", ".join(f"{name} {number}" for name, number in digits.items()))
PROGRAM
node by_js.mjs >js
env/bin/python by_python.py | paste -d '~' - js | sed 's/~/, /' >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "money-minor-units: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
