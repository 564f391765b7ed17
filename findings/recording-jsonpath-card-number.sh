#!/usr/bin/env bash
# The JSONPath $.cards.0018 gives the value of card 18 in jsonpath-ng, and @.id == 18 finds card 0018 in jsonpath-plus and jsonpath.
# Packages: jsonpath-ng 1.16.0, python-jsonpath 2.2.2 from PyPI; jsonpath-plus 10.4.0, jsonpath 1.3.0 from npm
# Expected: RFC 9535 compares without conversion ("18" is not 18, true is not 1) and has the filter [?@.price > 5] without parentheses;
#   a member name that starts with a digit is read as it is written or refused.
# Happens: jsonpath-ng reads 0018 as the number 18 and looks for that name. The two npm packages compare as JavaScript's == does.
#   jsonpath-plus finds nothing, without an error, when the filter has no parentheses; a negative
#   place in a list is nothing for both. python-jsonpath keeps to the RFC.
# Matters: a step that takes a value out of a recording, a mock's rule or a check of an answer is about another card, or about none.
# Output seen:
#> $.cards['0018']
#>   jsonpath-plus ["gold"]
#>   jsonpath ["gold"]
#>   jsonpath-ng ["gold"]
#>   python-jsonpath ["gold"]
#> $.cards.0018
#>   jsonpath-plus ["gold"]
#>   jsonpath error
#>   jsonpath-ng ["blue"]
#>   python-jsonpath error
#> $.lines[?(@.id == 18)].id
#>   jsonpath-plus ["0018","18",18]
#>   jsonpath ["0018","18",18]
#>   jsonpath-ng [18]
#>   python-jsonpath [18]
#> $.lines[?(@.id == '18')].id
#>   jsonpath-plus ["18",18]
#>   jsonpath ["18",18]
#>   jsonpath-ng ["18"]
#>   python-jsonpath ["18"]
#> $.lines[?(@.paid == true)].id
#>   jsonpath-plus ["0018","18"]
#>   jsonpath ["0018","18"]
#>   jsonpath-ng ["18"]
#>   python-jsonpath ["18"]
#> $.lines[?(@.price > 5)].id
#>   jsonpath-plus ["0018"]
#>   jsonpath ["0018"]
#>   jsonpath-ng ["0018"]
#>   python-jsonpath ["0018"]
#> $.lines[?@.price > 5].id
#>   jsonpath-plus []
#>   jsonpath error
#>   jsonpath-ng ["0018"]
#>   python-jsonpath ["0018"]
#> $.lines[-1].id
#>   jsonpath-plus []
#>   jsonpath []
#>   jsonpath-ng [18]
#>   python-jsonpath [18]
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check jsonpath-ng==1.16.0 python-jsonpath==2.2.2
npm install --silent --no-audit --no-fund --prefix "$work" jsonpath-plus@10.4.0 jsonpath@1.3.0 >/dev/null
cd "$work"
cat >cases.json <<'JSON'
{
  "document": {
    "cards": {"0018": "gold", "18": "blue"},
    "lines": [{"id": "0018", "price": 19.9, "paid": 1}, {"id": "18", "price": 5, "paid": true}, {"id": 18, "price": 0.5, "paid": 0}]
  },
  "paths": ["$.cards['0018']", "$.cards.0018", "$.lines[?(@.id == 18)].id", "$.lines[?(@.id == '18')].id", "$.lines[?(@.paid == true)].id",
    "$.lines[?(@.price > 5)].id", "$.lines[?@.price > 5].id", "$.lines[-1].id"]
}
JSON
cat >by_npm.js <<'PROGRAM'
const { document, paths } = require("./cases.json");
const { JSONPath } = require("jsonpath-plus");
const jsonpath = require("jsonpath");

const readers = { "jsonpath-plus": (path) => JSONPath({ path, json: document }), jsonpath: (path) => jsonpath.query(document, path) };
for (const path of paths) {
  for (const [name, read] of Object.entries(readers)) {
    let found = "error";
    try {
      found = JSON.stringify(read(path));
    } catch {}
    console.log(`${path} => ${name} ${found}`);
  }
}
PROGRAM
cat >by_python.py <<'PROGRAM'
import json

import jsonpath
from jsonpath_ng import ext

cases = json.load(open("cases.json"))
readers = {
    "jsonpath-ng": lambda path: [one.value for one in ext.parse(path).find(cases["document"])],
    "python-jsonpath": lambda path: jsonpath.findall(path, cases["document"]),
}
for path in cases["paths"]:
    for name, read in readers.items():
        try:
            found = json.dumps(read(path), separators=(",", ":"))
        except Exception:
            found = "error"
        print(f"{path} => {name} {found}")
PROGRAM
env/bin/python by_python.py >by_python
node by_npm.js >by_npm
node -e '
const { readFileSync } = require("node:fs");
const lines = ["by_npm", "by_python"].flatMap((name) => readFileSync(name, "utf8").split("\n"));
for (const path of require("./cases.json").paths) {
  console.log(path);
  for (const line of lines.filter((one) => one.startsWith(`${path} =>`))) console.log(` ${line.slice(path.length + 3)}`);
}' >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "recording-jsonpath-card-number: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
