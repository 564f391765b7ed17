#!/usr/bin/env bash
# A Canadian licence of 2020 to 2030 is expired since the year 132 for aamva-parser from npm, and without dates and not expired for the Python port.
# Packages: aamva-parser 1.7.0 from npm; aamva-parser 0.1.2 from PyPI
# Expected: "from US and Canadian" cards: AAMVA has dates as MMDDYYYY in the United States and YYYYMMDD in Canada, and both readers say the same.
# Happens: both recognise the country, and read every date as MMDDYYYY: 20300131 is month 20 of the year 131 for one, and nothing for the
#   other, whose question whether the card is expired then has the answer no. Cards of the United States are read alike.
# Matters: a customer who signs up with a scanned card is refused at one counter, and has no birthday, and no birthday offer, at another.
# Output seen:
#> american, Python: United States, born 2000-02-03, expires 2030-01-31, expired false
#> american, npm: United States, born 2000-02-03, expires 2030-01-31, expired false
#> canadian, Python: Canada, born none, expires none, expired false
#> canadian, npm: Canada, born 0204-07-31, expires 0132-08-30, expired true
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check aamva-parser==0.1.2
npm install --silent --no-audit --no-fund --prefix "$work" aamva-parser@1.7.0 >/dev/null
cd "$work"
cat >by_python.py <<'PROGRAM'
import datetime
import sys

import aamva_parser

FIELDS = (
    "DAQ00012345 DCSMUSTER DDEN DACKIM DDFN DADNONE DDGN DCAG DCBNONE DCDNONE DBD{issued} DBB{born} DBA{expires} DBC1 DAU{height} DAYBRO"
    " DAG12-MAIN-ST DAITOWN DAJ{area} DAK{code} DCF0018 DCG{country}"
)


def card(issuer, **values):
    """The text of a card's PDF417 in version 10 of the AAMVA standard, with one subfile."""
    data = "DL" + "\n".join(FIELDS.format(**values).split()).replace("_", " ") + "\r"
    return f"@\n\x1e\rANSI {issuer}100001DL0031{len(data):04d}{data}"


american = card("636000", issued="01312020", born="02032000", expires="01312030", height="070_in", area="VA", code="123450000", country="USA")
canadian = card("636012", issued="20200131", born="20000203", expires="20300131", height="178_cm", area="ON", code="A1A1A1", country="CAN")
for name, text in (("american", american), ("canadian", canadian)):
    with open(f"{name}.txt", "w", newline="") as file:
        file.write(text)
    read = aamva_parser.parse(text)
    born, expires = (str(one.date()) if isinstance(one, datetime.datetime) else "none" for one in (read.date_of_birth, read.expiration_date))
    print(f"{name}, Python: {read.country.value}, born {born}, expires {expires}, expired {str(read.expired).lower()}")
PROGRAM
cat >by_js.js <<'PROGRAM'
const { readFileSync } = require("node:fs");
const { parse } = require("aamva-parser");

for (const name of ["american", "canadian"]) {
  const read = parse(readFileSync(`${name}.txt`, "utf8"));
  const [born, expires] = [read.dateOfBirth, read.expirationDate].map((date) => new Date(date).toISOString().slice(0, 10));
  console.log(`${name}, npm: ${read.country}, born ${born}, expires ${expires}, expired ${read.expired}`);
}
PROGRAM
env/bin/python by_python.py >by_python
TZ=UTC node by_js.js >by_js
sort by_python by_js >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "scan-licence-canadian-date: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
