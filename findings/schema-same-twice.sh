#!/usr/bin/env bash
# A basket with one line twice has no line twice for two of nine JSON-schema validators, the cards "1" and 1 are one card for one, and an emoji is two characters.
# Packages: is-my-json-valid 2.20.6, djv 2.1.4, jsen 0.6.6,
#   tv4 1.3.0, jsonschema 1.5.0, z-schema 12.5.0, @exodus/schemasafe 1.3.0, @cfworker/json-schema 4.1.6, ajv 8.20.0 from npm
# Expected: two objects are equal whatever the order of their members, a text is no number, and maxLength counts characters (code points), not UTF-16 units.
# Happens: is-my-json-valid and djv compare objects as written, in uniqueItems and in enum; djv takes "1" and 1 for the same item, and is-my-json-valid and tv4
#   count an emoji as two. A schema that describes an optional member toString makes three refuse an object without it, as they find the inherited one;
#   four find a required member "constructor" in the empty object.
# Matters: a line that the till sent twice is let pass, or a basket with two cards is refused, by the service of one partner and not of another.
# Output seen:
#> {"uniqueItems":true} [{"id":1,"n":2},{"n":2,"id":1}]
#>   valid: djv, is-my-json-valid
#>   invalid: ajv, @cfworker/json-schema, @exodus/schemasafe, jsonschema, z-schema, jsen, tv4
#> {"uniqueItems":true} ["1",1]
#>   valid: ajv, @cfworker/json-schema, @exodus/schemasafe, jsonschema, z-schema, is-my-json-valid, jsen, tv4
#>   invalid: djv
#> {"enum":[{"id":1,"n":2}]} {"n":2,"id":1}
#>   valid: ajv, @cfworker/json-schema, @exodus/schemasafe, jsonschema, z-schema, jsen, tv4
#>   invalid: djv, is-my-json-valid
#> {"maxLength":1} "😀"
#>   valid: ajv, @cfworker/json-schema, @exodus/schemasafe, jsonschema, z-schema, djv, jsen
#>   invalid: is-my-json-valid, tv4
#> {"properties":{"toString":{"type":"string"}}} {}
#>   valid: @cfworker/json-schema, @exodus/schemasafe, jsonschema, z-schema, djv, tv4
#>   invalid: ajv, is-my-json-valid, jsen
#> {"required":["constructor"]} {}
#>   valid: ajv, is-my-json-valid, jsen, tv4
#>   invalid: @cfworker/json-schema, @exodus/schemasafe, jsonschema, z-schema, djv
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" is-my-json-valid@2.20.6 djv@2.1.4 jsen@0.6.6 \
  tv4@1.3.0 jsonschema@1.5.0 z-schema@12.5.0 @exodus/schemasafe@1.3.0 @cfworker/json-schema@4.1.6 ajv@8.20.0 >/dev/null
cd "$work"
cat >validate.mjs <<'PROGRAM'
import { Validator as Cfworker } from "@cfworker/json-schema";
import schemasafe from "@exodus/schemasafe";
import Ajv from "ajv";
import djv from "djv";
import isMyJsonValid from "is-my-json-valid";
import jsen from "jsen";
import jsonschema from "jsonschema";
import tv4 from "tv4";
import ZSchema from "z-schema";

const validators = {
  ajv: (schema, value) => new Ajv({ strict: false }).validate(schema, value),
  "@cfworker/json-schema": (schema, value) => new Cfworker(schema, "7").validate(value).valid,
  "@exodus/schemasafe": (schema, value) => schemasafe.validator(schema, { allowUnusedKeywords: true })(value),
  jsonschema: (schema, value) => new jsonschema.Validator().validate(value, schema).valid,
  "z-schema": (schema, value) => ZSchema.create().validate(value, schema),
  djv: (schema, value) => {
    const environment = new djv({ version: "draft-06" });
    environment.addSchema("it", schema);
    return environment.validate("it", value) === undefined;
  },
  "is-my-json-valid": (schema, value) => isMyJsonValid(schema)(value),
  jsen: (schema, value) => jsen(schema)(value),
  tv4: (schema, value) => tv4.validate(value, schema),
};
for (const [schema, value] of [
  [{ uniqueItems: true }, '[{"id":1,"n":2},{"n":2,"id":1}]'],
  [{ uniqueItems: true }, '["1",1]'],
  [{ enum: [{ id: 1, n: 2 }] }, '{"n":2,"id":1}'],
  [{ maxLength: 1 }, '"😀"'],
  [{ properties: { toString: { type: "string" } } }, "{}"],
  [{ required: ["constructor"] }, "{}"],
]) {
  const answers = { valid: [], invalid: [] };
  for (const [name, validate] of Object.entries(validators)) {
    let answer = "invalid";
    try {
      if (validate(structuredClone(schema), JSON.parse(value))) answer = "valid";
    } catch {}
    answers[answer].push(name);
  }
  console.log(`${JSON.stringify(schema)} ${value}`);
  for (const [answer, names] of Object.entries(answers)) if (names.length) console.log(`  ${answer}: ${names.join(", ")}`);
}
PROGRAM
node validate.mjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "schema-same-twice: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
