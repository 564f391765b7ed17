#!/usr/bin/env bash
# No maker of test data from a JSON schema but hypothesis-jsonschema makes a number of seven digits that is written as a pattern and a length.
# Packages: json-schema-faker 0.6.3, openapi-sampler 1.7.10, @stoplight/json-schema-sampler 0.3.0 from npm;
#   jsf 0.11.2, hypothesis-jsonschema 0.23.1, hypothesis 6.170.17, jsonschema 4.26.0 from PyPI
# Expected: what a maker gives for {pattern: ^[0-9]+$, minLength: 7, maxLength: 7} has seven digits: its README says valid data.
# Happens: json-schema-faker fills up with letters, and says the same value at every call, as its seed is always 1; for the format duration it says
#   PT0D, which is none. jsf takes the pattern and forgets the length. The samplers say a piece of the word "strings".
#   With the length in the pattern (^[0-9]{7}$) the two first are right.
# Matters: a load test made from a contract asks for one customer over and over, whose number the service must refuse.
# Output seen:
#> pattern and length: json-schema-faker 96HckMo (1 of 50 differ), openapi-sampler "strings", stoplight "strings"
#> length in the pattern: json-schema-faker 0599267 (1 of 50 differ), openapi-sampler "string", stoplight "string"
#> duration: json-schema-faker PT0D
#> pattern and length: valid of jsf under a fifth, of hypothesis-jsonschema all
#> length in the pattern: valid of jsf all, of hypothesis-jsonschema all
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check jsf==0.11.2 hypothesis-jsonschema==0.23.1 hypothesis==6.170.17 jsonschema==4.26.0
npm install --silent --no-audit --no-fund --prefix "$work" json-schema-faker@0.6.3 openapi-sampler@1.7.10 @stoplight/json-schema-sampler@0.3.0 \
  >/dev/null
cd "$work"
cat >make.mjs <<'PROGRAM'
import stoplight from "@stoplight/json-schema-sampler";
import { generate } from "json-schema-faker";
import sampler from "openapi-sampler";

const schemas = {
  "pattern and length": { type: "string", pattern: "^[0-9]+$", minLength: 7, maxLength: 7 },
  "length in the pattern": { type: "string", pattern: "^[0-9]{7}$" },
};
for (const [name, schema] of Object.entries(schemas)) {
  const made = [];
  for (let n = 0; n < 50; n++) made.push(await generate(schema));
  const samples = [sampler, stoplight].map((maker) => JSON.stringify(maker.sample(schema)));
  console.log(`${name}: json-schema-faker ${made[0]} (${new Set(made).size} of 50 differ), openapi-sampler ${samples[0]}, stoplight ${samples[1]}`);
}
console.log(`duration: json-schema-faker ${await generate({ type: "string", format: "duration" })}`);
PROGRAM
cat >make.py <<'PROGRAM'
import warnings

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis_jsonschema import from_schema
from jsf import JSF
from jsonschema import Draft202012Validator

schemas = {
    "pattern and length": {"type": "string", "pattern": "^[0-9]+$", "minLength": 7, "maxLength": 7},
    "length in the pattern": {"type": "string", "pattern": "^[0-9]{7}$"},
}


def by_hypothesis(schema):
    made = []

    @settings(max_examples=100, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(from_schema(schema))
    def make(value):
        made.append(value)

    make()
    return made


def share(values, schema):
    valid = sum(Draft202012Validator(schema).is_valid(value) for value in values)
    return "all" if valid == len(values) else "under a fifth" if valid < len(values) / 5 else "some"


warnings.simplefilter("ignore")
for name, schema in schemas.items():
    values = [JSF(schema).generate() for _ in range(200)]
    print(f"{name}: valid of jsf {share(values, schema)}, of hypothesis-jsonschema {share(by_hypothesis(schema), schema)}")
PROGRAM
{
  node make.mjs
  "$work/env/bin/python" make.py
} >seen
if ! diff <(echo "$expected") seen; then
  echo "testdata-digits-and-length: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
