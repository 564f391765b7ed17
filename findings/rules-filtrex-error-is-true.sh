#!/usr/bin/env bash
# An offer whose rule cannot be worked out is granted: filtrex returns the error as its value, and it is true. A card 0018 is more than 5 for three others.
# Packages: filtrex 3.1.0, feelin 8.2.0, expr-eval-fork 3.0.3, jexl 2.3.0, jsonata 2.2.2, @marcbachmann/cel-js 8.0.0, @gorules/zen-engine 0.54.0 from npm;
#   rule-engine 5.1.0, simpleeval 1.0.7 from PyPI
# Expected: a rule about something that is not in the sale, or of another type than the rule means, is an error or does not hold.
# Happens: filtrex (since version 3) returns errors and raises none, so that if (rule(sale)) holds. "0018" > 5 holds for feelin (FEEL asks for null),
#   expr-eval and jexl, as in JavaScript; "0018" = 18 is null for feelin and true for jexl. What a negative number leaves after division has the
#   sign of the divisor for filtrex, feelin and simpleeval; halves are rounded to even, up, or away from zero.
# Matters: points are given for a sale that the rule was to exclude, with one engine and not with the next.
# Output seen:
#> unknown field, points >= 100
#>   an error returned, which is true: filtrex
#>   null: feelin, jsonata
#>   an error: expr-eval, cel-js, zen, rule-engine, simpleeval
#>   false: jexl
#> number in text, card > 5
#>   an error returned, which is true: filtrex
#>   true: feelin, expr-eval, jexl
#>   an error: jsonata, cel-js, zen, rule-engine, simpleeval
#> text and number, card == number
#>   false: filtrex, expr-eval, jsonata, cel-js, zen, rule-engine, simpleeval
#>   null: feelin
#>   true: jexl
#> after division, -7 % 3
#>   2: filtrex, feelin, simpleeval
#>   -1: expr-eval, jexl, jsonata, cel-js, zen, rule-engine
#> a half, round(2.5)
#>   3: filtrex, expr-eval, zen
#>   2: feelin, jsonata
#>   an error: jexl, cel-js, rule-engine, simpleeval
#> a half below zero, round(-2.5)
#>   -2: filtrex, feelin, expr-eval, jsonata
#>   an error: jexl, cel-js, rule-engine, simpleeval
#>   -3: zen
#> price in cents, price * 100 >= 1999
#>   false: filtrex, feelin, expr-eval, jexl, jsonata, cel-js, simpleeval
#>   true: zen, rule-engine
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check rule-engine==5.1.0 simpleeval==1.0.8
npm install --silent --no-audit --no-fund --prefix "$work" filtrex@3.1.0 feelin@8.2.0 expr-eval-fork@3.0.3 jexl@2.3.0 jsonata@2.2.2 \
  @marcbachmann/cel-js@8.0.0 @gorules/zen-engine@0.54.0 >/dev/null
cd "$work"
cat >rules.json <<'JSON'
{
  "unknown field": {"": "points >= 100"},
  "number in text": {"": "card > 5"},
  "text and number": {"": "card == number", "feelin": "card = number", "jsonata": "card = number"},
  "after division": {"": "-7 % 3", "feelin": "modulo(-7, 3)", "filtrex": "-7 mod 3"},
  "a half": {"": "round(2.5)", "feelin": "decimal(2.5, 0)", "jsonata": "$round(2.5)"},
  "a half below zero": {"": "round(-2.5)", "feelin": "decimal(-2.5, 0)", "jsonata": "$round(-2.5)"},
  "price in cents": {"": "price * 100 >= 1999", "cel-js": "price * 100.0 >= 1999.0"}
}
JSON
cat >by_js.mjs <<'PROGRAM'
import { readFileSync, writeFileSync } from "node:fs";
import zen from "@gorules/zen-engine";
import { evaluate as cel } from "@marcbachmann/cel-js";
import { Parser } from "expr-eval-fork";
import { evaluate as feel } from "feelin";
import { compileExpression } from "filtrex";
import jexl from "jexl";
import jsonata from "jsonata";

const by = {
  filtrex: (rule, sale) => compileExpression(rule)(sale),
  feelin: (rule, sale) => feel(rule, sale).value,
  "expr-eval": (rule, sale) => Parser.evaluate(rule, sale),
  jexl: (rule, sale) => jexl.eval(rule, sale),
  jsonata: (rule, sale) => jsonata(rule).evaluate(sale),
  "cel-js": (rule, sale) => cel(rule, sale),
  zen: (rule, sale) => zen.evaluateExpression(rule, sale),
};
const sale = { card: "0018", number: 18, price: 19.99 };
const outcomes = {};
for (const [what, rules] of Object.entries(JSON.parse(readFileSync("rules.json", "utf8")))) {
  outcomes[what] = {};
  for (const [name, run] of Object.entries(by)) {
    try {
      const outcome = await run(rules[name] ?? rules[""], sale);
      outcomes[what][name] = outcome instanceof Error ? `an error returned, which is ${Boolean(outcome)}` : String(outcome ?? "null");
    } catch {
      outcomes[what][name] = "an error";
    }
  }
}
writeFileSync("js.json", JSON.stringify(outcomes));
PROGRAM
cat >by_python.py <<'PROGRAM'
import json

import rule_engine
import simpleeval

by = {
    "rule-engine": lambda rule, sale: rule_engine.Rule(rule).evaluate(sale),
    "simpleeval": lambda rule, sale: simpleeval.simple_eval(rule, names=sale),
}
sale = {"card": "0018", "number": 18, "price": 19.99}
outcomes = json.load(open("js.json"))
for what, rules in json.load(open("rules.json")).items():
    for name, run in by.items():
        try:
            outcomes[what][name] = str(run(rules[""], sale)).lower()
        except Exception:
            outcomes[what][name] = "an error"
    same = {}
    for name, outcome in outcomes[what].items():
        same.setdefault(outcome, []).append(name)
    print(f"{what}, {rules['']}")
    for outcome, names in same.items():
        print(f"  {outcome}: {', '.join(names)}")
PROGRAM
node by_js.mjs 2>log
env/bin/python by_python.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "rules-filtrex-error-is-true: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
