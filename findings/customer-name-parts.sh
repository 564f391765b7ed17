#!/usr/bin/env bash
# The customer Della Muster has no first name, Kim Lee Ma is Kim Lee with a degree, and Kim Vi is Kim the sixth: it depends on the name parser.
# Packages: nameparser 2.6.0 from PyPI; humanparser 2.7.0, parse-full-name 1.2.7 from npm
# Expected: two or three plain words are first, middle and last name, for all of them.
# Happens: words that can be a particle, a degree, a number or a title are that, wherever they stand, and each package has its own list:
#   parse-full-name takes Della, Van and y for particles, humanparser Ma for a degree, nameparser Vi for a number and Prince for a title.
#   humanparser knows one title at a time: the first name of Prof. Dr. Kim Muster is Dr. A single name is a last name for one, a first for two.
# Matters: a search by last name does not find the customer whom the same form has written with another package.
# Output seen:
#> Kim Muster
#>   - | Kim | - | Muster | -: all
#> Muster, Kim
#>   - | Kim | - | Muster | -: all
#> Kim van der Muster
#>   - | Kim | - | van der Muster | -: all
#> Kim
#>   - | Kim | - | - | -: nameparser, humanparser
#>   - | - | - | Kim | -: parse-full-name
#> Della Muster
#>   - | Della | - | Muster | -: nameparser, humanparser
#>   - | - | - | Della Muster | -: parse-full-name
#> Van Muster
#>   - | Van | - | Muster | -: nameparser, humanparser
#>   - | - | - | Van Muster | -: parse-full-name
#> Juan y Muster
#>   - | Juan | y | Muster | -: nameparser, humanparser
#>   - | - | - | Juan y Muster | -: parse-full-name
#> Kim Lee Ma
#>   - | Kim | Lee | Ma | -: nameparser, parse-full-name
#>   - | Kim | - | Lee | Ma: humanparser
#> Kim Vi
#>   - | Kim | - | - | Vi: nameparser
#>   - | Kim | - | Vi | -: humanparser, parse-full-name
#> Prince Muster
#>   Prince | Muster | - | - | -: nameparser
#>   - | Prince | - | Muster | -: humanparser, parse-full-name
#> Kim Ben Muster
#>   - | Kim | Ben | Muster | -: nameparser, parse-full-name
#>   - | Kim | - | Ben Muster | -: humanparser
#> Prof. Dr. Kim Muster
#>   Prof. Dr. | Kim | - | Muster | -: nameparser
#>   Prof. | Dr. | Kim | Muster | -: humanparser
#>   Prof., Dr. | Kim | - | Muster | -: parse-full-name
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check nameparser==2.6.0
npm install --silent --no-audit --no-fund --prefix "$work" humanparser@2.7.0 parse-full-name@1.2.7 >/dev/null
cd "$work"
cat >names.json <<'JSON'
["Kim Muster", "Muster, Kim", "Kim van der Muster", "Kim", "Della Muster", "Van Muster", "Juan y Muster", "Kim Lee Ma", "Kim Vi", "Prince Muster",
  "Kim Ben Muster", "Prof. Dr. Kim Muster"]
JSON
cat >by_js.js <<'PROGRAM'
const { parseName } = require("humanparser");
const { parseFullName } = require("parse-full-name");

const told = (parts) => parts.map((part) => part || "-").join(" | ");
for (const name of require("./names.json")) {
  const one = parseName(name);
  const other = parseFullName(name);
  console.log(`humanparser: ${told([one.salutation, one.firstName, one.middleName, one.lastName, one.suffix])}`);
  console.log(`parse-full-name: ${told([other.title, other.first, other.middle, other.last, other.suffix])}`);
}
PROGRAM
cat >by_python.py <<'PROGRAM'
import itertools
import json
import sys

from nameparser import HumanName

lines = iter(sys.stdin.read().splitlines())
for name in json.load(open("names.json")):
    parts = HumanName(name)
    own = " | ".join(part or "-" for part in (parts.title, parts.first, parts.middle, parts.last, parts.suffix))
    by_reading = {}
    for line in (f"nameparser: {own}", *itertools.islice(lines, 2)):
        reader, reading = line.split(": ", 1)
        by_reading.setdefault(reading, []).append(reader)
    print(name)
    for reading, readers in by_reading.items():
        print(f"  {reading}:", "all" if len(readers) == 3 else ", ".join(readers))
PROGRAM
node by_js.js | env/bin/python by_python.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "customer-name-parts: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
