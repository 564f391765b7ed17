#!/usr/bin/env bash
# A JSONata expression reads 1/2/26 as the year 1926 in JavaScript and as the year 26 in Python, where the text " 5" is a number as well.
# Packages: jsonata 2.2.2 from npm; jsonata-python 0.7.1, jsonatapy 2.2.13 from PyPI
# Expected: three implementations of one language agree on numbers and dates; both Python ones run the JavaScript one's own tests.
# Happens: a year of two digits has no century in Python; $number takes what Python's float takes (blanks, a plus, .5, 5.), where the language
#   has JSON's numbers; jsonata-python writes 1e20 with an exponent and has an error for 10/0, which the others call infinite. Objects that are built
#   with names such as 7 and 0018 are in another order, so that the signature of the same answer is another.
# Matters: a mapping between till and loyalty service that is tested in one language is not the one that runs in the other.
# Output seen:
#> $fromMillis($toMillis('1/2/26', '[D]/[M]/[Y,2-2]')) => "1926-02-01T00:00:00.000Z" jsonata-python "0026-02-01T00:00:00.000Z" jsonatapy "0026-02-01T00:00:00.000Z"
#> $number(blank) => error jsonata-python 5 jsonatapy 5
#> $number('+5') => error jsonata-python 5 jsonatapy 5
#> $number('.5') => error jsonata-python 0.5 jsonatapy 0.5
#> $number('5.') => error jsonata-python 5 jsonatapy 5
#> $string(1e20) => "100000000000000000000" jsonata-python "1e+20" jsonatapy "100000000000000000000"
#> 10/0 => Infinity jsonata-python error jsonatapy Infinity
#> lines{id: price} => {"7":0.5,"0018":19.9} jsonata-python {"0018":19.9,"7":0.5} jsonatapy {"0018":19.9,"7":0.5}
#> $round(2.5) => 2 jsonata-python 2 jsonatapy 2
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check jsonata-python==0.7.1 jsonatapy==2.2.13
npm install --silent --no-audit --no-fund --prefix "$work" jsonata@2.2.2 >/dev/null
cd "$work"
cat >cases.json <<'JSON'
{
  "purchase": {"lines": [{"id": "0018", "price": 19.9}, {"id": "7", "price": 0.5}], "blank": " 5"},
  "expressions": ["$fromMillis($toMillis('1/2/26', '[D]/[M]/[Y,2-2]'))", "$number(blank)", "$number('+5')", "$number('.5')", "$number('5.')",
    "$string(1e20)", "10/0", "lines{id: price}", "$round(2.5)"]
}
JSON
cat >by_js.js <<'PROGRAM'
const jsonata = require("jsonata");
const { purchase, expressions } = require("./cases.json");

(async () => {
  for (const expression of expressions) {
    let found = "error";
    try {
      const value = await jsonata(expression).evaluate(purchase);
      found = value === Infinity ? "Infinity" : JSON.stringify(value);
    } catch {}
    console.log(`${expression} => ${found}`);
  }
})();
PROGRAM
cat >by_python.py <<'PROGRAM'
import json
import sys

import jsonata
import jsonatapy

evaluate = {
    "jsonata-python": lambda expression, purchase: jsonata.Jsonata(expression).evaluate(purchase),
    "jsonatapy": jsonatapy.evaluate,
}[sys.argv[1]]
cases = json.load(open("cases.json"))
for expression in cases["expressions"]:
    try:
        print(json.dumps(evaluate(expression, cases["purchase"]), separators=(",", ":")))
    except Exception:
        print("error")
PROGRAM
node by_js.js >js
env/bin/python by_python.py jsonata-python >by_one
env/bin/python by_python.py jsonatapy >by_other
paste -d '|' js by_one by_other | sed 's/|/ jsonata-python /; s/|/ jsonatapy /' >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "rules-jsonata-three-readers: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
