#!/usr/bin/env bash
# stockholm counts the minor units of yen and dinar in hundredths when the currency is given by its code, not by its class.
# Packages: stockholm 0.5.7 from PyPI
# Expected: from_sub_units(1105, "JPY") is 1105 yen, from_sub_units(1105, "KWD") 1.105 dinar, as with the library's own JPY and KWD.
# Happens: a code is a mere label with two decimals: 11.05 JPY and 11.05 KWD. The two amounts of 1 yen are equal and yet have
#   100 and 1 sub-units; a round trip through JSON turns the right one into the wrong one.
# Matters: amounts arrive in JSON with codes, never with classes; a factor of 100 or 10 is invisible in tests with dollars.
# Output seen:
#> 1105 sub-units of JPY: by code 11.05 JPY, by class 1105 JPY
#> 1105 sub-units of KWD: by code 11.05 KWD, by class 1.105 KWD
#> equal: True sub-units: 100 1
#> by class, after JSON: 100
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check stockholm==0.5.7
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
from stockholm import Money
from stockholm.currency import JPY, KWD

for code, currency in (("JPY", JPY), ("KWD", KWD)):
    print(f"1105 sub-units of {code}: by code {Money.from_sub_units(1105, code)}, by class {Money.from_sub_units(1105, currency)}")
by_code, by_class = Money("1", "JPY"), Money("1", JPY)
print("equal:", by_code == by_class, "sub-units:", by_code.sub_units, by_class.sub_units)
print("by class, after JSON:", Money.from_json(by_class.as_json()).sub_units)
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "money-sub-units-by-code: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
