#!/usr/bin/env bash
# A client that quicktype makes from two recorded sales turns receipt 0018 into 18, gives a day a time, and takes 03.02.2026 for the 2nd of March.
# Packages: quicktype 26.0.0 from npm; python-dateutil 4.0.0 from PyPI
# Expected: types are made from what the samples are in JSON: a text of digits is a text, 2026-02-03 is a day, and what is read is written again.
# Happens: when each sample's text is an integer, "true" or a date, the client for Python (and for C#) has an integer, a boolean and an instant. It
#   writes them back without zeros, with 00:00:00 behind the day, and 20 as 20.0; a receipt A-18, valid for the service, is an error, and a time
#   alone is one of today. The client for JavaScript keeps the receipt, gives the day a time and takes the offset off an instant.
# Matters: a till with such a client asks for another receipt, and a comparison of request and answer finds differences that the client made.
# Output seen:
#> Python: receipt "0018" is written as "18"
#> Python: receipt "1_000" is written as "1000"
#> Python: receipt "A-18" is an error
#> Python: day "2026-02-03" is written as "2026-02-03T00:00:00"
#> Python: day "03.02.2026" is written as "2026-03-02T00:00:00"
#> Python: sold "2026-02-03T10:00:00.250Z" is written as "2026-02-03T10:00:00.250000+00:00"
#> Python: price 20 is written as 20.0
#> JavaScript: receipt "0018" is written as "0018"
#> JavaScript: day "2026-02-03" is written as "2026-02-03T00:00:00.000Z"
#> JavaScript: sold "2026-02-03T10:00:00+01:00" is written as "2026-02-03T09:00:00.000Z"
#> C#: long Receipt, bool Member
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check python-dateutil==4.0.0
npm install --silent --no-audit --no-fund --prefix "$work" quicktype@26.0.0 >/dev/null
cd "$work"
cat >samples.json <<'JSON'
[{"receipt": "1001", "day": "2026-02-03", "sold": "2026-02-03T10:00:00+01:00", "member": "true", "price": 20},
 {"receipt": "1002", "day": "2026-02-04", "sold": "2026-02-04T11:00:00+01:00", "member": "false", "price": 19.9}]
JSON
for made in python:client.py javascript:client.js csharp:client.cs; do
  node_modules/.bin/quicktype samples.json --lang "${made%%:*}" --top-level Sale --out "${made#*:}"
done
cat >program.py <<'PROGRAM'
import json

import client

with open("samples.json") as file:
    sale = json.load(file)[1]
for name, value in (
    ("receipt", "0018"), ("receipt", "1_000"), ("receipt", "A-18"), ("day", "2026-02-03"), ("day", "03.02.2026"),
    ("sold", "2026-02-03T10:00:00.250Z"), ("price", 20),
):
    try:
        written = client.sale_to_dict(client.sale_from_dict([{**sale, name: value}]))[0][name]
        print(f"Python: {name} {json.dumps(value)} is written as {json.dumps(written)}")
    except ValueError:
        print(f"Python: {name} {json.dumps(value)} is an error")
PROGRAM
cat >program.js <<'PROGRAM'
const client = require("./client.js");
const sale = require("./samples.json")[1];

for (const [name, value] of [["receipt", "0018"], ["day", "2026-02-03"], ["sold", "2026-02-03T10:00:00+01:00"]]) {
  const written = JSON.parse(client.saleToJson(client.toSale(JSON.stringify([{ ...sale, [name]: value }]))))[0][name];
  console.log(`JavaScript: ${name} ${JSON.stringify(value)} is written as ${JSON.stringify(written)}`);
}
PROGRAM
{
  env/bin/python program.py
  node program.js
  echo "C#: $(grep -oE '(long|bool) (Receipt|Member)' client.cs | paste -sd, | sed 's/,/, /g')"
} >seen
if ! diff <(echo "$expected") seen; then
  echo "client-quicktype-samples: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
