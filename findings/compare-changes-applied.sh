#!/usr/bin/env bash
# DeepDiff's Delta makes one item of a basket of two, and two of a basket of one; undoing a change with dictdiffer puts a list in another order.
# Packages: deepdiff 9.1.0, dictdiffer 0.10.0 from PyPI
# Expected: what a difference was computed from comes back when it is applied or reverted; for a Delta that ignores order, in any order.
# Happens: DeepDiff, told to ignore order and to report repetitions, as its manual asks for a Delta, loses how often an item that changed is there:
#   the count of the old list stays. Nothing is raised. Two equal texts come out right. Dictdiffer takes the removed items of a list from the
#   back and puts them back so: a, b, c becomes a, c, b (two items are right).
# Matters: a basket that is rolled back or replayed from recorded differences is another basket.
# Output seen:
#> dictdiffer, ['scan', 'pay', 'print'] to [] and back: ['scan', 'print', 'pay']
#> dictdiffer, ['scan', 'pay'] to [] and back: ['scan', 'pay']
#> DeepDiff, [{'sku': 'A', 'qty': 1}] to [{'sku': 'B', 'qty': 2}, {'sku': 'B', 'qty': 2}]: [{'sku': 'B', 'qty': 2}]
#> DeepDiff, [{'sku': 'A'}, {'sku': 'A'}] to [{'sku': 'B'}]: [{'sku': 'B'}, {'sku': 'B'}]
#> DeepDiff, [2] to [1, 1]: [1]
#> DeepDiff, ['A'] to ['B', 'B']: ['B', 'B']
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check deepdiff==9.1.0 dictdiffer==0.10.0
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
from copy import deepcopy

import dictdiffer
from deepdiff import DeepDiff, Delta

for old, new in ((["scan", "pay", "print"], []), (["scan", "pay"], [])):
    change = list(dictdiffer.diff(old, new))
    print(f"dictdiffer, {old} to {new} and back:", dictdiffer.revert(change, deepcopy(new)))
for old, new in (
    ([{"sku": "A", "qty": 1}], [{"sku": "B", "qty": 2}, {"sku": "B", "qty": 2}]),
    ([{"sku": "A"}, {"sku": "A"}], [{"sku": "B"}]),
    ([2], [1, 1]),
    (["A"], ["B", "B"]),
):
    change = Delta(DeepDiff(old, new, ignore_order=True, report_repetition=True), raise_errors=True)
    print(f"DeepDiff, {old} to {new}:", deepcopy(old) + change)
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "compare-changes-applied: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
