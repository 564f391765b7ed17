#!/usr/bin/env bash
# A discount of 90 % on 100.00 plus 20.00 tax leaves 0 plus 12.00 tax, or 10.00 plus 20.00 tax: prices takes the same money off net and gross.
# Packages: prices 1.1.1 from PyPI
# Expected: percentage_discount "based on either gross or net amount" leaves the tax in its proportion: 10.00 plus 2.00.
# Happens: the discount is worked out once, from gross (or from net), and that one sum is taken off both; what is left of net stops at 0.
#   The tax after a discount of up to 83 % is that of the full price. The rounding that percentage_discount is given is used for an
#   amount and for a taxed price, and forgotten for a range, which is always rounded to the customer's loss.
# Matters: a coupon that is worked out on taxed prices is told to the till with a tax that no rate explains.
# Output seen:
#> 10 % of gross: net 88.00 tax 20.00 gross 108.00
#> 10 % of net: net 90.00 tax 20.00 gross 110.00
#> 50 % of gross: net 40.00 tax 20.00 gross 60.00
#> 50 % of net: net 50.00 tax 20.00 gross 70.00
#> 84 % of gross: net 0.00 tax 19.20 gross 19.20
#> 84 % of net: net 16.00 tax 20.00 gross 36.00
#> 90 % of gross: net 0.00 tax 12.00 gross 12.00
#> 90 % of net: net 10.00 tax 20.00 gross 30.00
#> 100 % of gross: net 0.00 tax 0.00 gross 0.00
#> 100 % of net: net 0.00 tax 20.00 gross 20.00
#> 15 % off 9.99, half up: 8.49
#> 15 % off 9.99 to 9.99, half up: 8.50 to 8.50
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check prices==1.1.1
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
from decimal import ROUND_HALF_UP, Decimal

from prices import Money, MoneyRange, TaxedMoney, percentage_discount

price = TaxedMoney(net=Money(100, "EUR"), gross=Money(120, "EUR"))
for percent in (10, 50, 84, 90, 100):
    for from_gross in (True, False):
        left = percentage_discount(price, percent, from_gross=from_gross)
        basis = "gross" if from_gross else "net"
        print(f"{percent} % of {basis}: net {left.net.amount:.2f} tax {left.tax.amount:.2f} gross {left.gross.amount:.2f}")
amount = Money(Decimal("9.99"), "EUR")
print("15 % off 9.99, half up:", percentage_discount(amount, 15, rounding=ROUND_HALF_UP).amount)
spread = percentage_discount(MoneyRange(amount, amount), 15, rounding=ROUND_HALF_UP)
print("15 % off 9.99 to 9.99, half up:", spread.start.amount, "to", spread.stop.amount)
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "money-discount-keeps-tax: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
