#!/usr/bin/env bash
# One half cent is rounded differently by five money libraries, and two of them disagree with themselves.
# Packages: py-moneyed 3.0, Babel 2.19.0, stockholm 0.5.7 from PyPI; currency.js 2.0.4 and dinero.js 1.9.1 from npm
# Expected: each library has one way to round, and all of a receipt's lines can be recomputed with any of them.
# Happens: py-moneyed shows 1.995 as $2.00 (to even) but counts 199 sub-units (cut off); 2.665 is 2.66 with py-moneyed and Babel and
#   2.67 with stockholm and currency.js; dinero.js rounds 2.5 cents to 2 when multiplying and to 3 when converting precision.
# Matters: a discount of one half cent differs between the receipt, the amount sent to the payment terminal and the till's total.
# Output seen:
#> 1.995 py-moneyed: $ 2.00 with sub-units 199
#> 1.995 Babel: $2.00
#> 1.995 stockholm: 2.00 USD
#> 2.665 py-moneyed: $ 2.66 with sub-units 266
#> 2.665 Babel: $2.66
#> 2.665 stockholm: 2.67 USD
#> 1.995 currency.js: $2.00
#> 2.665 currency.js: $2.67
#> dinero.js, 2.5 cents: multiplied 2 converted 3
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check py-moneyed==3.0 babel==2.19.0 stockholm==0.5.7
npm install --silent --no-audit --no-fund --prefix "$work" currency.js@2.0.4 dinero.js@1.9.1 >/dev/null
{
  "$work/env/bin/python" - <<'PROGRAM'
from decimal import Decimal

import moneyed
import stockholm
from babel.numbers import format_currency

for text in ("1.995", "2.665"):
    amount = moneyed.Money(text, "USD")
    print(text, "py-moneyed:", str(amount), "with sub-units", amount.get_amount_in_sub_unit())
    print(text, "Babel:", format_currency(Decimal(text), "USD", locale="en_US"))
    print(text, "stockholm:", round(stockholm.Money(text, "USD"), 2))
PROGRAM
  cd "$work"
  node - <<'PROGRAM'
const currency = require("currency.js");
const Dinero = require("dinero.js");
for (const text of ["1.995", "2.665"]) console.log(text, "currency.js:", currency(text).format());
const times = Dinero({ amount: 25 }).multiply(0.1).getAmount();
const converted = Dinero({ amount: 25, precision: 1 }).convertPrecision(0).getAmount();
console.log("dinero.js, 2.5 cents: multiplied", times, "converted", converted);
PROGRAM
} >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "money-half-cent: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
