#!/usr/bin/env bash
# Four schema validators give three different answers on whether prices such as 19.99 and 1.1 are whole cents (multipleOf 0.01).
# Packages: jsonschema 4.26.0, jsonschema-rs 0.61.2, msgspec 0.23.0 from PyPI; ajv 8.20.0 from npm
# Expected: all take prices with two decimals and refuse 19.995; or those that work in binary floats all refuse the same ones.
# Happens: jsonschema-rs is exact. jsonschema and ajv refuse 19.99, 0.07 and 4.35 but take 1.1 and 0.3; msgspec's Meta(multiple_of=0.01)
#   refuses all of them. With prices read as Decimal, jsonschema raises TypeError from inside, unless the schema's 0.01 was read as
#   Decimal too; then it is exact.
# Matters: a mock, a client and a certifying suite built on different validators disagree on one valid basket, price by price.
# Output seen:
#> 19.99 jsonschema-rs True | jsonschema False | msgspec False | jsonschema, price a Decimal TypeError | both Decimal True
#> 0.07 jsonschema-rs True | jsonschema False | msgspec False | jsonschema, price a Decimal TypeError | both Decimal True
#> 4.35 jsonschema-rs True | jsonschema False | msgspec False | jsonschema, price a Decimal TypeError | both Decimal True
#> 1.1 jsonschema-rs True | jsonschema True | msgspec False | jsonschema, price a Decimal TypeError | both Decimal True
#> 0.3 jsonschema-rs True | jsonschema True | msgspec False | jsonschema, price a Decimal TypeError | both Decimal True
#> 19.995 jsonschema-rs False | jsonschema False | msgspec False | jsonschema, price a Decimal TypeError | both Decimal False
#> ajv: 19.99 false, 0.07 false, 4.35 false, 1.1 true, 0.3 true, 19.995 false
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check jsonschema==4.26.0 jsonschema-rs==0.61.2 msgspec==0.23.0
npm install --silent --no-audit --no-fund --prefix "$work" ajv@8.20.0 >/dev/null
{
  "$work/env/bin/python" - <<'PROGRAM'
import json
from decimal import Decimal
from typing import Annotated

import jsonschema
import jsonschema_rs
import msgspec

SCHEMA = '{"multipleOf": 0.01}'
CENTS = Annotated[float, msgspec.Meta(multiple_of=0.01)]


def by_msgspec(text):
    try:
        return msgspec.json.decode(text, type=CENTS) is not None
    except msgspec.ValidationError:
        return False


def by_jsonschema(text, schema_float, price_float):
    schema = json.loads(SCHEMA, parse_float=schema_float)
    try:
        return jsonschema.Draft202012Validator(schema).is_valid(json.loads(text, parse_float=price_float))
    except TypeError:
        return "TypeError"


for text in ("19.99", "0.07", "4.35", "1.1", "0.3", "19.995"):
    exact = jsonschema_rs.Draft202012Validator(json.loads(SCHEMA)).is_valid(json.loads(text))
    print(text, "jsonschema-rs", exact, "| jsonschema", by_jsonschema(text, float, float), "| msgspec", by_msgspec(text), end="")
    print(" | jsonschema, price a Decimal", by_jsonschema(text, float, Decimal), "| both Decimal", by_jsonschema(text, Decimal, Decimal))
PROGRAM
  cd "$work"
  node -e 'const Ajv = require("ajv"); const ajv = new Ajv(); const out = [];
    for (const v of [19.99, 0.07, 4.35, 1.1, 0.3, 19.995]) out.push(v + " " + ajv.validate({ multipleOf: 0.01 }, v));
    console.log("ajv:", out.join(", "))'
} >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "schema-whole-cents: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
