#!/usr/bin/env bash
# Made into Zod, a list of one or two coupons may be empty or have three, a required field with a default may be missing, and a constant object is no value at all.
# Packages: zod 4.6.7, json-schema-to-zod 2.8.1, ajv 8.20.0 from npm
# Expected: a schema that is made into a Zod schema takes and refuses what a JSON schema validator does, or its making is refused.
# Happens: z.fromJSONSchema, of Zod itself, drops minItems and maxItems where there is no items, and properties, required and minimum where there is no type. It and
#   json-schema-to-zod compare a constant by identity, and take what is not there for its default. json-schema-to-zod drops minProperties,
#   prefixItems, contains and propertyNames. Zod says of not that it does not know it; it is the more careful of the two elsewhere.
# Matters: a client that is made from the service's contract lets through, or stops, what the service itself does not.
# Output seen:
#> {"type":"array","minItems":1,"maxItems":2}
#>   []: Ajv refuses, json-schema-to-zod refuses, Zod takes
#>   ["A","B","C"]: Ajv refuses, json-schema-to-zod refuses, Zod takes
#> {"type":"array","items":{"type":"string"},"minItems":1,"maxItems":2}
#>   []: Ajv refuses, json-schema-to-zod refuses, Zod refuses
#>   ["A","B","C"]: Ajv refuses, json-schema-to-zod refuses, Zod refuses
#> {"type":"object","properties":{"points":{"type":"number","default":5}},"required":["points"]}
#>   {}: Ajv refuses, json-schema-to-zod takes, Zod takes
#> {"const":{"tier":"gold"}}
#>   {"tier":"gold"}: Ajv takes, json-schema-to-zod refuses, Zod refuses
#> {"enum":["A",["A","B"]]}
#>   ["A","B"]: Ajv takes, json-schema-to-zod refuses, Zod refuses
#> {"properties":{"points":{"type":"number"}}}
#>   {"points":"five"}: Ajv refuses, json-schema-to-zod takes, Zod takes
#> {"required":["card"]}
#>   {}: Ajv refuses, json-schema-to-zod takes, Zod takes
#> {"minimum":5}
#>   3: Ajv refuses, json-schema-to-zod takes, Zod takes
#> {"type":"object","minProperties":1}
#>   {}: Ajv refuses, json-schema-to-zod takes, Zod refuses
#> {"type":"array","prefixItems":[{"type":"string"},{"type":"number"}]}
#>   ["A",1]: Ajv takes, json-schema-to-zod takes, Zod takes
#>   ["A","B"]: Ajv refuses, json-schema-to-zod takes, Zod refuses
#> {"type":"array","contains":{"const":"A"}}
#>   ["B"]: Ajv refuses, json-schema-to-zod takes, Zod refuses
#> {"type":"object","propertyNames":{"pattern":"^[a-z]+$"}}
#>   {"Card":1}: Ajv refuses, json-schema-to-zod takes, Zod refuses
#> {"type":"array","uniqueItems":true}
#>   [{"a":1,"b":2},{"b":2,"a":1}]: Ajv refuses, json-schema-to-zod takes, Zod refuses
#> {"not":{"type":"string"}}
#>   5: Ajv takes, json-schema-to-zod takes, Zod does not make it
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" zod@4.6.7 json-schema-to-zod@2.8.1 ajv@8.20.0 >/dev/null
cd "$work"
cat >compare.mjs <<'PROGRAM'
import Ajv from "ajv/dist/2020.js";
import { jsonSchemaToZod } from "json-schema-to-zod";
import { z } from "zod";

const cases = [
  [{ type: "array", minItems: 1, maxItems: 2 }, [[], ["A", "B", "C"]]],
  [{ type: "array", items: { type: "string" }, minItems: 1, maxItems: 2 }, [[], ["A", "B", "C"]]],
  [{ type: "object", properties: { points: { type: "number", default: 5 } }, required: ["points"] }, [{}]],
  [{ const: { tier: "gold" } }, [{ tier: "gold" }]],
  [{ enum: ["A", ["A", "B"]] }, [["A", "B"]]],
  [{ properties: { points: { type: "number" } } }, [{ points: "five" }]],
  [{ required: ["card"] }, [{}]],
  [{ minimum: 5 }, [3]],
  [{ type: "object", minProperties: 1 }, [{}]],
  [{ type: "array", prefixItems: [{ type: "string" }, { type: "number" }] }, [["A", 1], ["A", "B"]]],
  [{ type: "array", contains: { const: "A" } }, [["B"]]],
  [{ type: "object", propertyNames: { pattern: "^[a-z]+$" } }, [{ Card: 1 }]],
  [{ type: "array", uniqueItems: true }, [[{ a: 1, b: 2 }, { b: 2, a: 1 }]]],
  [{ not: { type: "string" } }, [5]],
];
const makers = {
  "json-schema-to-zod": (schema) => new Function("z", `return ${jsonSchemaToZod(schema, { module: "none" })}`)(z),
  Zod: (schema) => z.fromJSONSchema(schema),
};
const ajv = new Ajv({ strict: false });
for (const [schema, values] of cases) {
  console.log(JSON.stringify(schema));
  for (const value of values) {
    const verdicts = [`Ajv ${ajv.validate(schema, value) ? "takes" : "refuses"}`];
    for (const [name, make] of Object.entries(makers)) {
      try {
        verdicts.push(`${name} ${make(schema).safeParse(structuredClone(value)).success ? "takes" : "refuses"}`);
      } catch {
        verdicts.push(`${name} does not make it`);
      }
    }
    console.log(`  ${JSON.stringify(value)}: ${verdicts.join(", ")}`);
  }
}
PROGRAM
node compare.mjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "schema-made-into-zod: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
