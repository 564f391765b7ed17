#!/usr/bin/env bash
# Reading JSON with exact decimals changes verdicts of jsonschema, not of jsonschema-rs: 1.0 stops being an integer, 1.1 stops being 1.1.
# Packages: jsonschema 4.26.0, jsonschema-rs 0.61.2 from PyPI
# Expected: a document read with parse_float=Decimal is valid where the same document read as floats is.
# Happens: for jsonschema a Decimal is a number but never an integer, and it does not equal the float of a const or enum with a fraction
#   (Decimal("1.1") != 1.1), though it does where the fraction is exact in binary (0.5). jsonschema-rs gives the same verdict for both.
# Matters: money has to be read exactly, and a right answer (points 200.0, a fixed amount of 1.1) then fails the schema it fulfils.
# Output seen:
#> {"type": "integer"} 200.0 jsonschema: float True Decimal False | jsonschema-rs: float True Decimal True
#> {"const": 1.1} 1.10 jsonschema: float True Decimal False | jsonschema-rs: float True Decimal True
#> {"enum": [0.5]} 0.50 jsonschema: float True Decimal True | jsonschema-rs: float True Decimal True
#> {"type": "number"} 1.10 jsonschema: float True Decimal True | jsonschema-rs: float True Decimal True
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check jsonschema==4.26.0 jsonschema-rs==0.61.2
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import json
from decimal import Decimal

import jsonschema
import jsonschema_rs

for schema, text in (({"type": "integer"}, "200.0"), ({"const": 1.1}, "1.10"), ({"enum": [0.5]}, "0.50"), ({"type": "number"}, "1.10")):
    verdicts = []
    for validator in (jsonschema.Draft202012Validator(schema), jsonschema_rs.Draft202012Validator(schema)):
        verdicts += [validator.is_valid(json.loads(text)), validator.is_valid(json.loads(text, parse_float=Decimal))]
    print(json.dumps(schema), text, "jsonschema: float {} Decimal {} | jsonschema-rs: float {} Decimal {}".format(*verdicts))
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "schema-decimal-instance: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
