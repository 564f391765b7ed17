#!/usr/bin/env bash
# zen-engine reckons in decimals and hands Python doubles: points 5 come back as 5.0, sale 9007199254740993 as ...992, and 1/3 as another number than in Node.
# Packages: zen-engine 2.1.3 from PyPI; @gorules/zen-engine 0.54.0 from npm
# Expected: one engine behind both packages gives one result; a whole number stays whole, and what divides by zero or compares lists is told.
# Happens: every number is a float in Python, also an instant and a length; Node has no other. Sums and products are exact on the way: 19.99 * 100 is 1999.
#   Division by zero is null, not an error, so that the rule goes on; two equal lists are different; halves go away from zero, unlike
#   in FEEL.
# Matters: a service in Python writes points as 5.0 into a JSON that is said to have integers, and looks for a sale that does not exist.
# Output seen:
#> points: Python 5.0, Node 5
#> number: Python 9007199254740992.0, Node 9007199254740992
#> price * 100: Python 1999.0, Node 1999
#> third + 0.2 == 0.3: Python true, Node true
#> 1 / 3: Python 0.33333333333333337, Node 0.3333333333333333
#> points / 0: Python null, Node null
#> len(items): Python 2.0, Node 2
#> date("2026-03-01"): Python 1772323200.0, Node 1772323200
#> string(19.90): Python "19.90", Node "19.90"
#> round(2.5): Python 3.0, Node 3
#> round(-2.5): Python -3.0, Node -3
#> [1, 2] == [1, 2]: Python false, Node false
#> points == true: Python false, Node false
#> missing == 0: Python false, Node false
#> missing == null: Python true, Node true
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check zen-engine==2.1.3
npm install --silent --no-audit --no-fund --prefix "$work" @gorules/zen-engine@0.54.0 >/dev/null
cd "$work"
cat >sale.json <<'JSON'
{"points": 5, "number": 9007199254740993, "price": 19.99, "third": 0.1, "items": ["a", "b"]}
JSON
cat >expressions.json <<'JSON'
["points", "number", "price * 100", "third + 0.2 == 0.3", "1 / 3", "points / 0", "len(items)", "date(\"2026-03-01\")", "string(19.90)", "round(2.5)",
  "round(-2.5)", "[1, 2] == [1, 2]", "points == true", "missing == 0", "missing == null"]
JSON
cat >by_python.py <<'PROGRAM'
import json

import zen

sale = json.load(open("sale.json"))
for expression in json.load(open("expressions.json")):
    print(f"{expression}: Python {json.dumps(zen.evaluate_expression(expression, sale))}")
PROGRAM
cat >by_js.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import zen from "@gorules/zen-engine";

const [sale, expressions] = ["sale.json", "expressions.json"].map((name) => JSON.parse(readFileSync(name, "utf8")));
for (const expression of expressions) console.log(`Node ${JSON.stringify(await zen.evaluateExpression(expression, sale))}`);
PROGRAM
env/bin/python by_python.py >python
node by_js.mjs | paste -d '~' python - | sed 's/~/, /' >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "rules-zen-numbers: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
