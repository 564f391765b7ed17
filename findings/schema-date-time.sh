#!/usr/bin/env bash
# What is a date-time differs between ajv-formats, jsonschema-rs and jsonschema with rfc3339-validator, on times as tills write them.
# Packages: ajv 8.20.0, ajv-formats 3.0.1 from npm; jsonschema 4.26.0, rfc3339-validator 0.1.4, jsonschema-rs 0.61.2 from PyPI
# Expected: format date-time means RFC 3339 for all three: a T (or t), a zone with a colon, a leap second allowed at the end of June.
# Happens: ajv-formats takes a space for T, +0000 for +00:00 and +00; the two others refuse these. The leap second and the
#   year 0 are taken by ajv-formats and jsonschema-rs, refused by rfc3339-validator.
# Matters: mocks and gateways built on ajv let through what a certifying suite refuses, so a client passes its mock and fails the service.
# Output seen:
#> 2018-09-07T16:29:11.299505Z jsonschema: True jsonschema-rs: True
#> 2018-09-07 16:29:11Z jsonschema: False jsonschema-rs: False
#> 2018-09-07T16:29:11+0000 jsonschema: False jsonschema-rs: False
#> 2018-09-07T16:29:11+00 jsonschema: False jsonschema-rs: False
#> 2026-06-30T23:59:60Z jsonschema: False jsonschema-rs: True
#> 0000-01-01T00:00:00Z jsonschema: False jsonschema-rs: True
#> 2018-06-10 9:20:00.000 jsonschema: False jsonschema-rs: False
#> 2018-09-07T16:29:11.299505Z ajv-formats: true
#> 2018-09-07 16:29:11Z ajv-formats: true
#> 2018-09-07T16:29:11+0000 ajv-formats: true
#> 2018-09-07T16:29:11+00 ajv-formats: true
#> 2026-06-30T23:59:60Z ajv-formats: true
#> 0000-01-01T00:00:00Z ajv-formats: true
#> 2018-06-10 9:20:00.000 ajv-formats: false
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/times.json" <<'TIMES'
["2018-09-07T16:29:11.299505Z", "2018-09-07 16:29:11Z", "2018-09-07T16:29:11+0000", "2018-09-07T16:29:11+00",
 "2026-06-30T23:59:60Z", "0000-01-01T00:00:00Z", "2018-06-10 9:20:00.000"]
TIMES
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check jsonschema==4.26.0 rfc3339-validator==0.1.4 jsonschema-rs==0.61.2
npm install --silent --no-audit --no-fund --prefix "$work" ajv@8.20.0 ajv-formats@3.0.1 >/dev/null
cd "$work"
{
  "$work/env/bin/python" - <<'PROGRAM'
import json

import jsonschema
import jsonschema_rs

schema = {"format": "date-time"}
plain = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
rust = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
for text in json.load(open("times.json")):
    print(text, "jsonschema:", plain.is_valid(text), "jsonschema-rs:", rust.is_valid(text))
PROGRAM
  node -e 'const ajv = new (require("ajv"))(); require("ajv-formats")(ajv);
    for (const text of require("./times.json")) console.log(text, "ajv-formats:", ajv.validate({ format: "date-time" }, text));'
} >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "schema-date-time: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
