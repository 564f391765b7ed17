#!/usr/bin/env bash
# A Postman collection becomes an invalid API description: a card number is an integer, a repeated parameter is declared twice, a form has no body.
# Packages: postman-to-openapi 1.7.3, @apidevtools/swagger-parser 13.0.0 from npm; openapi-spec-validator 0.9.0 from PyPI
# Expected: a parameter of digits whose example keeps its zeros is a string, and what is switched off in the collection stays out.
# Happens: 0012345 is declared as an integer beside its own example as text, 19.90 as a number and 12E5 as a string; the second card is declared
#   again, which OpenAPI forbids (openapi-spec-validator refuses it, swagger-parser finds the file valid); a parameter that is switched off is
#   declared like the others; a :id in the path is no parameter; a form loses its fields; 2^53 + 1 in a body loses one.
# Matters: clients, mocks and tests made from it send 12345 for the customer 0012345, and refuse the real number.
# Output seen:
#> /users/:id/offers: no path parameter
#> card: integer, example '0012345'
#> amount: number, example '19.90'
#> till: string, example '12E5'
#> card: integer, example '0099'
#> off: string, example 'x'
#> body of /lock: {'card': '0012345', 'points': 9007199254740992, 'amount': 19.9}
#> form of /release: {}
#> swagger-parser: valid
#> openapi-spec-validator: Duplicate parameter 'card'
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check openapi-spec-validator==0.9.0
npm install --silent --no-audit --no-fund --prefix "$work" postman-to-openapi@1.7.3 @apidevtools/swagger-parser@13.0.0 >/dev/null
cd "$work"
cat >collection.json <<'JSON'
{"info": {"name": "offers", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
 "item": [
  {"name": "offers", "request": {"method": "GET", "header": [], "url": {
    "raw": "http://id.example/users/:id/offers?card=0012345&amount=19.90&till=12E5&card=0099",
    "protocol": "http", "host": ["id", "example"], "path": ["users", ":id", "offers"], "variable": [{"key": "id", "value": "0012345"}],
    "query": [{"key": "card", "value": "0012345"}, {"key": "amount", "value": "19.90"}, {"key": "till", "value": "12E5"},
              {"key": "card", "value": "0099"}, {"key": "off", "value": "x", "disabled": true}]}}},
  {"name": "lock", "request": {"method": "POST", "header": [],
    "url": {"raw": "http://id.example/lock", "protocol": "http", "host": ["id", "example"], "path": ["lock"]},
    "body": {"mode": "raw", "raw": "{\"card\": \"0012345\", \"points\": 9007199254740993, \"amount\": 19.90}",
             "options": {"raw": {"language": "json"}}}}},
  {"name": "release", "request": {"method": "POST", "header": [],
    "url": {"raw": "http://id.example/release", "protocol": "http", "host": ["id", "example"], "path": ["release"]},
    "body": {"mode": "urlencoded", "urlencoded": [{"key": "card", "value": "0012345", "type": "text"}]}}}]}
JSON
cat >convert.js <<'PROGRAM'
const { validate } = require("@apidevtools/swagger-parser");
const convert = require("postman-to-openapi");

(async () => {
  await convert("collection.json", "api.yml", {});
  await validate("api.yml").then(
    () => console.log("swagger-parser: valid"),
    () => console.log("swagger-parser: invalid"),
  );
})();
PROGRAM
node convert.js >validated
"$work/env/bin/python" - >seen <<'PROGRAM'
import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator

api = yaml.safe_load(open("api.yml"))
offers = api["paths"]["/users/:id/offers"]["get"]["parameters"]
print("/users/:id/offers:", "a" if any(one["in"] == "path" for one in offers) else "no", "path parameter")
for one in offers:
    print(f"{one['name']}: {one['schema']['type']}, example {one['example']!r}")
content = {path: api["paths"][path]["post"]["requestBody"]["content"] for path in ("/lock", "/release")}
print("body of /lock:", content["/lock"]["application/json"]["schema"]["example"])
print("form of /release:", content["/release"])
print(open("validated").read(), end="")
for error in OpenAPIV30SpecValidator(api).iter_errors():
    print("openapi-spec-validator:", error.message)
PROGRAM
if ! diff <(echo "$expected") seen; then
  echo "recording-postman-to-openapi: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
