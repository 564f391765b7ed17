#!/usr/bin/env bash
# A JSON Logic rule on a purchase has another outcome in each library: missing points are fewer than 1 or not, "0018" is 18 or not, "1,5" is 1.
# Packages: json-logic-js 2.0.5 from npm; panzi-json-logic 1.0.1, json-logic-qubit 0.9.1 from PyPI
# Expected: rules are data that front end and back end share, so a rule has one outcome; panzi-json-logic says that it follows JavaScript's ==.
# Happens: json-logic-qubit compares with Python's types; a value that is missing makes < false, and max and + an error. panzi-json-logic
#   takes 1 === true for true, null == 0 too, and gives the default for a value that is null. Neither keeps the sign of JavaScript's
#   remainder. json-logic-js adds as far as it can read: "1,5" counts as 1 and "0x1F" as 0, and true is no number.
# Matters: a till that works out the rule of an offer itself grants what the server does not.
# Output seen:
#> {"==": [{"var": "card"}, 18]} js true panzi true qubit false
#> {"==": [{"var": "total"}, 19.9]} js true panzi true qubit false
#> {"===": [{"var": "lines"}, {"var": "paid"}]} js false panzi true qubit false
#> {"<": [{"var": "missing"}, 1]} js true panzi true qubit false
#> {"==": [{"var": "none"}, 0]} js false panzi true qubit false
#> {"var": ["none", 5]} js null panzi 5 qubit null
#> {"max": [1, {"var": "missing"}]} js 1 panzi 1 qubit error
#> {"+": ["1e3", 1]} js 1001 panzi 1001 qubit error
#> {"+": ["1,5", 1]} js 2 panzi NaN qubit error
#> {"+": [1, {"var": "paid"}]} js NaN panzi 2 qubit 2
#> {"%": [-5, 3]} js -2 panzi 1 qubit 1
#> {"in": [true, {"var": "tags"}]} js false panzi true qubit true
#> {"cat": [{"var": "points"}, " points"]} js "1 points" panzi "1 points" qubit "1.0 points"
#> {"cat": ["paid: ", {"var": "paid"}]} js "paid: true" panzi "paid: True" qubit "paid: True"
#> {"cat": ["none: ", {"var": "none"}]} js "none: " panzi "none: null" qubit "none: None"
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" json-logic-js@2.0.5 >/dev/null
cd "$work"
cat >cases.json <<'JSON'
{
  "purchase": {"card": "0018", "total": "19.90", "paid": true, "lines": 1, "none": null, "tags": ["gold", 1], "points": 1.0},
  "rules": [
    {"==": [{"var": "card"}, 18]}, {"==": [{"var": "total"}, 19.9]}, {"===": [{"var": "lines"}, {"var": "paid"}]},
    {"<": [{"var": "missing"}, 1]}, {"==": [{"var": "none"}, 0]}, {"var": ["none", 5]}, {"max": [1, {"var": "missing"}]},
    {"+": ["1e3", 1]}, {"+": ["1,5", 1]}, {"+": [1, {"var": "paid"}]}, {"%": [-5, 3]}, {"in": [true, {"var": "tags"}]},
    {"cat": [{"var": "points"}, " points"]}, {"cat": ["paid: ", {"var": "paid"}]}, {"cat": ["none: ", {"var": "none"}]}
  ]
}
JSON
cat >by_js.js <<'PROGRAM'
const { apply } = require("json-logic-js");
const { purchase, rules } = require("./cases.json");

for (const rule of rules) {
  const outcome = apply(rule, purchase);
  console.log(Number.isNaN(outcome) ? "NaN" : JSON.stringify(outcome));
}
PROGRAM
cat >by_python.py <<'PROGRAM'
import json

from json_logic import jsonLogic

cases = json.load(open("cases.json"))
for rule in cases["rules"]:
    try:
        outcome = jsonLogic(rule, cases["purchase"])
    except Exception:
        print("error")
        continue
    print("NaN" if outcome != outcome else json.dumps(int(outcome) if type(outcome) is float and outcome.is_integer() else outcome))
PROGRAM
python3 -c 'import json; print(*map(json.dumps, json.load(open("cases.json"))["rules"]), sep="\n")' >rules
node by_js.js >js
for package in panzi-json-logic==1.0.1 json-logic-qubit==0.9.1; do
  python3 -m venv "$work/${package%%-*}"
  "$work/${package%%-*}/bin/pip" install --quiet --disable-pip-version-check "$package"
done
panzi/bin/python by_python.py >by_panzi 2>log
json/bin/python by_python.py >by_qubit 2>log
paste -d '|' rules js by_panzi by_qubit | sed 's/|/ js /; s/|/ panzi /; s/|/ qubit /' >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "rules-json-logic: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
