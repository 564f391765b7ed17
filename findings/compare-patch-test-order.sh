#!/usr/bin/env bash
# A JSON Patch that tests an object finds it unequal to itself in immutable-json-patch when the members are in another order.
# Packages: immutable-json-patch 6.0.3, fast-json-patch 3.1.1, rfc6902 5.4.0 from npm; jsonpatch 1.48 from PyPI
# Expected: RFC 6902, section 4.6: two objects are equal if they have the same members with equal values; order does not count.
# Happens: immutable-json-patch compares in order, at every depth, and refuses the patch. Single values and lists of them are compared rightly.
# Matters: a change that is guarded by a test goes through where the server wrote the members as the client had them, and fails elsewhere.
# Output seen:
#> {"id":"0018","points":5} tested for {"points":5,"id":"0018"}: immutable-json-patch different, fast-json-patch equal, rfc6902 equal
#> [{"id":"0018","points":5}] tested for [{"points":5,"id":"0018"}]: immutable-json-patch different, fast-json-patch equal, rfc6902 equal
#> {"id":"0018","points":5} tested for {"id":"0018","points":5}: immutable-json-patch equal, fast-json-patch equal, rfc6902 equal
#> {"id":"0018","points":5} tested for {"points":5,"id":18}: immutable-json-patch different, fast-json-patch different, rfc6902 different
#> ["0018",5] tested for ["0018",5]: immutable-json-patch equal, fast-json-patch equal, rfc6902 equal
#> {"id": "0018", "points": 5} tested for {"points": 5, "id": "0018"}: jsonpatch equal
#> [{"id": "0018", "points": 5}] tested for [{"points": 5, "id": "0018"}]: jsonpatch equal
#> {"id": "0018", "points": 5} tested for {"id": "0018", "points": 5}: jsonpatch equal
#> {"id": "0018", "points": 5} tested for {"points": 5.0, "id": 18}: jsonpatch different
#> ["0018", 5] tested for ["0018", 5.0]: jsonpatch equal
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check jsonpatch==1.48
npm install --silent --no-audit --no-fund --prefix "$work" immutable-json-patch@6.0.3 fast-json-patch@3.1.1 rfc6902@5.4.0 >/dev/null
cd "$work"
cat >cases.json <<'JSON'
[
  {"value": {"id": "0018", "points": 5}, "tested": {"points": 5, "id": "0018"}},
  {"value": [{"id": "0018", "points": 5}], "tested": [{"points": 5, "id": "0018"}]},
  {"value": {"id": "0018", "points": 5}, "tested": {"id": "0018", "points": 5}},
  {"value": {"id": "0018", "points": 5}, "tested": {"points": 5.0, "id": 18}},
  {"value": ["0018", 5], "tested": ["0018", 5.0]}
]
JSON
cat >by_js.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import fast from "fast-json-patch";
import { immutableJSONPatch } from "immutable-json-patch";
import { applyPatch } from "rfc6902";

const apply = {
  "immutable-json-patch": (document, patch) => immutableJSONPatch(document, patch),
  "fast-json-patch": (document, patch) => fast.applyPatch(document, patch),
  rfc6902: (document, patch) => applyPatch(document, patch).forEach((error) => { if (error) throw error; }),
};
for (const { value, tested } of JSON.parse(readFileSync("cases.json", "utf8"))) {
  const outcomes = Object.entries(apply).map(([name, run]) => {
    try {
      run({ card: structuredClone(value) }, [{ op: "test", path: "/card", value: tested }]);
      return `${name} equal`;
    } catch {
      return `${name} different`;
    }
  });
  console.log(`${JSON.stringify(value)} tested for ${JSON.stringify(tested)}: ${outcomes.join(", ")}`);
}
PROGRAM
node by_js.mjs >seen
env/bin/python - >>seen <<'PROGRAM'
import json

import jsonpatch

for case in json.load(open("cases.json")):
    try:
        jsonpatch.apply_patch({"card": case["value"]}, [{"op": "test", "path": "/card", "value": case["tested"]}])
        outcome = "equal"
    except jsonpatch.JsonPatchTestFailed:
        outcome = "different"
    print(json.dumps(case["value"]), "tested for", json.dumps(case["tested"]) + ": jsonpatch", outcome)
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "compare-patch-test-order: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
