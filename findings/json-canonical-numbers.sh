#!/usr/bin/env bash
# The canonical JSON of a receipt, to be signed, differs by library: 20.0 points are 20 or 20.0, and the number 2^53 + 1 is written, changed or refused.
# Packages: rfc8785 0.1.4, jcs 0.2.1, canonicaljson 2.0.0 from PyPI; canonicalize 4.0.0, json-canonicalize 3.0.1 from npm
# Expected: canonical JSON is one text for one value, that of RFC 8785 for all that name it; what it cannot write is refused by all of them.
# Happens: canonicaljson keeps 20.0, 1e-07 and -0.0 as Python writes them. rfc8785 refuses whole numbers from 2^53 on, though the RFC writes them as the
#   nearest double (also 10^20, which is one); jcs and both of npm write 9007199254740993 as ...992 without a word.
# Matters: a receipt that the till has signed is refused by the server, for a number that both of them hold.
# Output seen:
#> 20.0: 20 rfc8785, jcs, canonicalize, json-canonicalize; 20.0 canonicaljson
#> 19.90: 19.9 rfc8785, jcs, canonicaljson, canonicalize, json-canonicalize
#> 1e-7: 1e-7 rfc8785, jcs, canonicalize, json-canonicalize; 1e-07 canonicaljson
#> -0.0: 0 rfc8785, jcs, canonicalize, json-canonicalize; -0.0 canonicaljson
#> 9007199254740991: 9007199254740991 rfc8785, jcs, canonicaljson, canonicalize, json-canonicalize
#> 9007199254740992: refused rfc8785; 9007199254740992 jcs, canonicaljson, canonicalize, json-canonicalize
#> 9007199254740993: refused rfc8785; 9007199254740992 jcs, canonicalize, json-canonicalize; 9007199254740993 canonicaljson
#> 100000000000000000000: refused rfc8785; 100000000000000000000 jcs, canonicaljson, canonicalize, json-canonicalize
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check rfc8785==0.1.4 jcs==0.2.1 canonicaljson==2.0.0
npm install --silent --no-audit --no-fund --prefix "$work" canonicalize@4.0.0 json-canonicalize@3.0.1 >/dev/null
cd "$work"
echo '["20.0", "19.90", "1e-7", "-0.0", "9007199254740991", "9007199254740992", "9007199254740993", "100000000000000000000"]' >numbers.json
cat >by_js.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import canonicalize from "canonicalize";
import { canonicalize as jsonCanonicalize } from "json-canonicalize";

for (const number of JSON.parse(readFileSync("numbers.json", "utf8"))) {
  const value = JSON.parse(number);
  console.log(JSON.stringify({ canonicalize: canonicalize(value), "json-canonicalize": jsonCanonicalize(value) }));
}
PROGRAM
cat >by_python.py <<'PROGRAM'
import json
import sys

import canonicaljson
import jcs
import rfc8785

by = {"rfc8785": rfc8785.dumps, "jcs": jcs.canonicalize, "canonicaljson": canonicaljson.encode_canonical_json}
for number, line in zip(json.load(open("numbers.json")), sys.stdin):
    same = {}
    for name, write in by.items():
        try:
            text = write(json.loads(number)).decode()
        except rfc8785.IntegerDomainError:
            text = "refused"
        same.setdefault(text, []).append(name)
    for name, text in json.loads(line).items():
        same.setdefault(text, []).append(name)
    print(f"{number}:", "; ".join(f"{text} {', '.join(names)}" for text, names in same.items()))
PROGRAM
node by_js.mjs | env/bin/python by_python.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "json-canonical-numbers: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
