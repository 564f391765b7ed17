#!/usr/bin/env bash
# A JMESPath filter for lines of more than 4 points finds the text "5" in two packages, not in two others, and is an error in Python's.
# Packages: jmespath 0.16.0, @metrichor/jmespath 0.3.1, @jmespath-community/jmespath 1.3.0, @aws-lambda-powertools/jmespath 2.36.0 from npm; jmespath 1.1.0 from PyPI
# Expected: five readers of one specified language agree: a comparison of order has numbers on both sides, or is null, so that the line is left out.
# Happens: JavaScript's > runs through two of them. In Python one such line ends the whole query with a TypeError, and 'b' < 'c' is let pass although
#   the language orders numbers only. A list or object in which 1 stands for true is equal to the one with true in Python, though the bare values are
#   not. to_number takes what the host takes: 0x1F, or 1_000, NaN and Infinity. max_by over mixed values is a line, another one or an error.
# Matters: one till that sends points as text takes the report down in one service and is left out of the total, or counted, in the next.
# Output seen:
#> lines[?points > `4`].item -> ["a","b"] jmespath.js, metrichor; ["a"] community, powertools; error Python
#> lines[?points == `5`].item -> ["a"] all
#> lines[?item > 'a'].item -> ["b","c"] jmespath.js, metrichor, Python; [] community, powertools
#> max_by(lines[:2], &points).item -> "a" jmespath.js, metrichor, community; "b" powertools; error Python
#> `1` == `true` -> false all
#> `[1]` == `[true]` -> false jmespath.js, metrichor, community, powertools; true Python
#> `{"paid": 1}` == `{"paid": true}` -> false jmespath.js, metrichor, community, powertools; true Python
#> to_number(hex) -> 31 jmespath.js, metrichor, community, powertools; null Python
#> to_number(under) -> null jmespath.js, metrichor, community, powertools; 1000 Python
#> to_number(none) -> null jmespath.js, metrichor, community, powertools; NaN Python
#> to_number(all) -> null jmespath.js, metrichor, community, powertools; Infinity Python
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check jmespath==1.1.0
npm install --silent --no-audit --no-fund --prefix "$work" \
  jmespath@0.16.0 @metrichor/jmespath@0.3.1 @jmespath-community/jmespath@1.3.0 @aws-lambda-powertools/jmespath@2.36.0 >/dev/null
cd "$work"
cat >sale.json <<'JSON'
{"lines": [{"item": "a", "points": 5}, {"item": "b", "points": "5"}, {"item": "c", "points": 3}], "hex": "0x1F", "under": "1_000", "none": "NaN", "all": "Infinity"}
JSON
cat >queries.json <<'JSON'
["lines[?points > `4`].item", "lines[?points == `5`].item", "lines[?item > 'a'].item", "max_by(lines[:2], &points).item", "`1` == `true`", "`[1]` == `[true]`",
 "`{\"paid\": 1}` == `{\"paid\": true}`", "to_number(hex)", "to_number(under)", "to_number(none)", "to_number(all)"]
JSON
cat >query.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import { search as powertools } from "@aws-lambda-powertools/jmespath";
import { search as community } from "@jmespath-community/jmespath";
import { search as metrichor } from "@metrichor/jmespath";
import jmespath from "jmespath";

const read = (name) => JSON.parse(readFileSync(name, "utf8"));
const by = {
  "jmespath.js": (query) => jmespath.search(read("sale.json"), query),
  metrichor: (query) => metrichor(read("sale.json"), query),
  community: (query) => community(read("sale.json"), query),
  powertools: (query) => powertools(query, read("sale.json")),
};
const answer = (search, query) => {
  try {
    return JSON.stringify(search(query));
  } catch {
    return "error";
  }
};
const answers = read("queries.json").map((query) => Object.entries(by).map(([name, search]) => [name, answer(search, query)]));
console.log(JSON.stringify(answers));
PROGRAM
cat >compare.py <<'PROGRAM'
import json

import jmespath

sale = json.load(open("sale.json"))
for query, answers in zip(json.load(open("queries.json")), json.load(open("answers.json"))):
    try:
        python = json.dumps(jmespath.search(query, sale), separators=(",", ":"))
    except Exception:
        python = "error"
    same = {}
    for name, text in [*answers, ["Python", python]]:
        same.setdefault(text, []).append(name)
    print(query, "->", "; ".join(f"{text} {', '.join(names) if len(same) > 1 else 'all'}" for text, names in same.items()))
PROGRAM
node query.mjs >answers.json
env/bin/python compare.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "rules-jmespath-number-in-text: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
