#!/usr/bin/env bash
# DeepDiff finds no difference between the lists [1, 0] and [true, false], although it finds one between the values 1 and true.
# Packages: deepdiff 9.1.0, dictdiffer 0.10.0, jsondiff 2.2.1 from PyPI
# Expected: types are compared: without ignore_numeric_type_changes the change from 1 to True or to 1.0 is told, in a list as in an object.
# Happens: a list goes through difflib first, for which equal items are the same, and only items that differ are looked into. In an object,
#   in an object inside a list, with zip_ordered_iterables or ignore_order=True the change is told; beside another change it depends on where.
#   With ignore_order=True it is a type change for one item, but only a changed value for two. dictdiffer and jsondiff never tell it.
# Matters: two recordings, or an answer and what was expected of it, count as equal when flags or whole amounts in a list changed their type.
# Output seen:
#> {"a": 1} and {"a": true} DeepDiff: {'type_changes': ["root['a']"]}
#> [{"a": 1}] and [{"a": true}] DeepDiff: {'type_changes': ["root[0]['a']"]}
#> [1, 0] and [true, false] DeepDiff: nothing
#> {"prices": [20, 5.5]} and {"prices": [20.0, 5.5]} DeepDiff: nothing
#> [1, 5] and [true, 6] DeepDiff: {'values_changed': ['root[1]']}
#> [1, 2] and [2, true] DeepDiff: {'type_changes': ['root[1]'], 'values_changed': ['root[0]']}
#> [1] and [true] with zip_ordered_iterables: ['type_changes']
#> [1, 0] and [true, false] with zip_ordered_iterables: ['type_changes']
#> [1] and [true] with ignore_order: ['type_changes']
#> [1, 0] and [true, false] with ignore_order: ['values_changed']
#> dictdiffer: [] jsondiff: {}
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check deepdiff==9.1.0 dictdiffer==0.10.0 jsondiff==2.2.1
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import json

import dictdiffer
import jsondiff
from deepdiff import DeepDiff

FLAGS, SWITCHED = [1, 0], [True, False]
for one, other in (
    ({"a": 1}, {"a": True}),
    ([{"a": 1}], [{"a": True}]),
    (FLAGS, SWITCHED),
    ({"prices": [20, 5.5]}, {"prices": [20.0, 5.5]}),
    ([1, 5], [True, 6]),
    ([1, 2], [2, True]),
):
    told = DeepDiff(one, other).to_dict()
    where = {kind: list(changes) for kind, changes in told.items()} or "nothing"
    print(json.dumps(one), "and", json.dumps(other), "DeepDiff:", where)
for name, options in (("zip_ordered_iterables", {"zip_ordered_iterables": True}), ("ignore_order", {"ignore_order": True})):
    for one, other in (([1], [True]), (FLAGS, SWITCHED)):
        print(json.dumps(one), "and", json.dumps(other), f"with {name}:", list(DeepDiff(one, other, **options)))
print("dictdiffer:", list(dictdiffer.diff({"a": 1}, {"a": True})), "jsondiff:", jsondiff.diff({"a": 1}, {"a": True}))
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "compare-numbers-in-lists: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
