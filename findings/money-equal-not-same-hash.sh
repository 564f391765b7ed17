#!/usr/bin/env bash
# Equal amounts of stockholm have different hashes, and amounts of different or no currency are equal.
# Packages: stockholm 0.5.7 from PyPI
# Expected: a == b means hash(a) == hash(b), as the language asks, so a set of 1, 1.0 and 1.00 USD has one element.
# Happens: the hash follows the digits as written. The set has three elements that print the same, and a dictionary does not find
#   1.00 under 1. An amount without a currency equals one with any currency.
# Matters: totals grouped by amount (payments, refunds, duplicate checks) fall apart by how each till spelled the number, silently.
# Output seen:
#> all equal: True
#> set: 3 ['1.00 USD', '1.00 USD', '1.00 USD']
#> 1.00 USD found under 1 USD: False
#> 1 == 1 USD: True and 1 == 1 EUR: True
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check stockholm==0.5.7
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
from stockholm import Money

amounts = [Money("1", "USD"), Money("1.0", "USD"), Money("1.00", "USD")]
print("all equal:", all(a == b for a in amounts for b in amounts))
print("set:", len(set(amounts)), [str(a) for a in amounts])
print("1.00 USD found under 1 USD:", Money("1.00", "USD") in {Money("1", "USD"): "seen"})
print("1 == 1 USD:", Money("1") == Money("1", "USD"), "and 1 == 1 EUR:", Money("1") == Money("1", "EUR"))
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "money-equal-not-same-hash: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
