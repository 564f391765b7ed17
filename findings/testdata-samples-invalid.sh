#!/usr/bin/env bash
# Samples of an ordinary schema are invalid by it: three makers of test data leave out required fields, repeat unique items or write P76Y20DT.
# Packages: json-schema-faker 0.6.3, openapi-sampler 1.7.10, ajv 8.20.0, ajv-formats 3.0.1 from npm; jsf 0.11.2 from PyPI
# Expected: what is made from a schema with one keyword of JSON Schema is valid by that schema, or there is an error.
# Happens: openapi-sampler and jsf leave out a required field that has no entry under properties, and openapi-sampler gives one item three times where
#   items are unique. json-schema-faker writes durations that end in T, prices off the cent, floats as integers, and one item where two are
#   wanted. jsf passes over if and dependentRequired. Asked is ajv, about 200 samples, and one of openapi-sampler.
# Matters: a mock that answers so, or a load test that sends so, measures refusals, and a judge of the answers blames the service.
# Output seen:
#> a required field without properties | openapi-sampler invalid | json-schema-faker valid | jsf some invalid
#> three unique items of three values | openapi-sampler invalid | json-schema-faker valid | jsf valid
#> a duration | openapi-sampler invalid | json-schema-faker some invalid | jsf some invalid
#> a price in steps of 0.05 | openapi-sampler valid | json-schema-faker some invalid | jsf some invalid
#> an integer in steps of 0.5 | openapi-sampler valid | json-schema-faker some invalid | jsf valid
#> two items, of which one is 5 | openapi-sampler valid | json-schema-faker some invalid | jsf an error
#> a field that another one requires | openapi-sampler valid | json-schema-faker valid | jsf some invalid
#> a field that a value requires | openapi-sampler valid | json-schema-faker valid | jsf some invalid
#> an integer from 2^53 + 1 on | openapi-sampler valid | json-schema-faker some invalid | jsf an error
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check jsf==0.11.2
npm install --silent --no-audit --no-fund --prefix "$work" json-schema-faker@0.6.3 openapi-sampler@1.7.10 ajv@8.20.0 ajv-formats@3.0.1 >/dev/null
cd "$work"
cat >schemas.json <<'JSON'
{"a required field without properties": {"type": "object", "required": ["card"]},
 "three unique items of three values": {"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 3, "maxItems": 3, "uniqueItems": true},
 "a duration": {"type": "string", "format": "duration"},
 "a price in steps of 0.05": {"type": "number", "multipleOf": 0.05, "minimum": 0.1},
 "an integer in steps of 0.5": {"type": "integer", "multipleOf": 0.5},
 "two items, of which one is 5": {"type": "array", "contains": {"const": 5}, "minItems": 2},
 "a field that another one requires": {"type": "object", "properties": {"card": {"type": "integer"}, "shop": {"type": "integer"}},
   "required": ["card"], "dependentRequired": {"card": ["shop"]}},
 "a field that a value requires": {"type": "object", "properties": {"kind": {"enum": ["return"]}, "receipt": {"type": "integer"}},
   "required": ["kind"], "if": {"properties": {"kind": {"const": "return"}}}, "then": {"required": ["receipt"]}},
 "an integer from 2^53 + 1 on": {"type": "integer", "minimum": 9007199254740993}}
JSON
cat >made.py <<'PROGRAM'
import copy
import json

from jsf import JSF

with open("schemas.json") as file:
    schemas = json.load(file)
made = {}
for name, schema in schemas.items():
    try:
        made[name] = [JSF(copy.deepcopy(schema)).generate() for _ in range(200)]
    except Exception:
        made[name] = None
with open("made.json", "w") as file:
    json.dump(made, file, default=str)
PROGRAM
cat >program.mjs <<'PROGRAM'
import { createRequire } from "node:module";
import { generate } from "json-schema-faker";

const require = createRequire(import.meta.url);
const { sample } = require("openapi-sampler");
const Ajv = require("ajv/dist/2020").default;
const ajv = new Ajv({ strict: false });
require("ajv-formats").default(ajv);
const made = require("./made.json");

const told = (valid, values) => (values.every((value) => valid(value)) ? "valid" : values.length > 1 ? "some invalid" : "invalid");
for (const [name, schema] of Object.entries(require("./schemas.json"))) {
  const valid = ajv.compile(schema);
  const faked = [];
  for (let seed = 0; seed < 200; seed++) faked.push(await generate(structuredClone(schema), { seed }));
  const words = [`openapi-sampler ${told(valid, [sample(schema)])}`, `json-schema-faker ${told(valid, faked)}`];
  console.log([name, ...words, `jsf ${made[name] ? told(valid, made[name]) : "an error"}`].join(" | "));
}
PROGRAM
env/bin/python -W ignore made.py
node program.mjs >seen
if ! diff <(echo "$expected") seen; then
  echo "testdata-samples-invalid: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
