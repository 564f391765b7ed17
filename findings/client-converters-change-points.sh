#!/usr/bin/env bash
# The points 5.9 and "1e3" become the integers 5 and 1 in TypeBox, null and blanks 0 points in Ajv and Zod, and the date 5 is in May 2001 for yup.
# Packages: zod 4.6.7, yup 1.7.1, joi 18.3.2, @sinclair/typebox 0.34.52, ajv 8.20.0 from npm
# Expected: a schema that converts takes a text for the number that it spells, and refuses what would lose something or is not there.
# Happens: TypeBox cuts to an integer before it checks for one, with parseInt, which does not know exponents. Ajv takes null, false and a blank for 0 and
#   Infinity for an integer. Zod converts as JavaScript does ("" and null are 0, "no" is true, null is the text "null"). yup reads the digits of a
#   number as a date in text. 2026-02-30 is the second of March for all that know dates. joi refuses most, and converts no number to text.
# Matters: a till that sends nothing, or a fraction, has its points booked as another number instead of a refusal.
# Output seen:
#> integer, "0018": 18 zod, yup, joi, typebox, ajv
#> integer, "5.0": 5 zod, yup, joi, typebox, ajv
#> integer, 5.9: 5 typebox; refused zod, yup, joi, ajv
#> integer, "5.9": 5 typebox; refused zod, yup, joi, ajv
#> integer, "1e3": 1 typebox; 1000 zod, yup, joi, ajv
#> integer, "0x1F": 31 zod, yup, typebox, ajv; refused joi
#> integer, "9007199254740993": refused zod, joi; 9007199254740992 yup, typebox, ajv
#> integer, "": 0 zod; refused yup, joi, typebox, ajv
#> integer, " ": 0 zod, ajv; refused yup, joi, typebox
#> integer, null: 0 zod, ajv; refused yup, joi, typebox
#> integer, false: 0 zod, typebox, ajv; refused yup, joi
#> integer, [5]: 5 zod, yup; refused joi, typebox, ajv
#> integer, "Infinity": refused zod, yup, joi, typebox; Infinity ajv
#> boolean, "false": true zod; false yup, joi, typebox, ajv
#> boolean, "0": true zod; false yup, typebox; refused joi, ajv
#> boolean, "no": true zod; refused yup, joi, typebox, ajv
#> boolean, "": false zod; refused yup, joi, typebox, ajv
#> boolean, 0: false zod, yup, typebox, ajv; refused joi
#> boolean, 2: true zod; refused yup, joi, typebox, ajv
#> boolean, null: false zod, ajv; refused yup, joi, typebox
#> string, 18: "18" zod, yup, typebox, ajv; refused joi
#> string, null: "null" zod; refused yup, joi, typebox; "" ajv
#> string, true: "true" zod, yup, typebox, ajv; refused joi
#> date, "2026-02-30": 2026-03-02T00:00:00.000Z zod, yup, joi, typebox
#> date, "01/02/2026": 2026-01-02T00:00:00.000Z zod, yup, joi; refused typebox
#> date, "5": 2001-05-01T00:00:00.000Z zod, yup; 1970-01-01T00:00:00.005Z joi, typebox
#> date, 5: 1970-01-01T00:00:00.005Z zod, joi, typebox; 2001-05-01T00:00:00.000Z yup
#> date, null: 1970-01-01T00:00:00.000Z zod; refused yup, joi, typebox
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" zod@4.6.7 yup@1.7.1 joi@18.3.2 @sinclair/typebox@0.34.52 ajv@8.20.0 >/dev/null
cd "$work"
cat >convert.mjs <<'PROGRAM'
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import Ajv from "ajv";
import Joi from "joi";
import * as yup from "yup";
import { z } from "zod";

const ajv = new Ajv({ coerceTypes: true });
const byAjv = (type) => {
  const check = ajv.compile({ type: "object", properties: { value: { type } } });
  return (value) => {
    const record = { value };
    if (!check(record)) throw new Error("refused");
    return record.value;
  };
};
const byTypeBox = (schema) => (value) => {
  const converted = Value.Convert(schema, value);
  if (!Value.Check(schema, converted)) throw new Error("refused");
  return converted;
};
const readers = {
  integer: {
    zod: (value) => z.coerce.number().int().parse(value),
    yup: (value) => yup.number().integer().validateSync(value),
    joi: (value) => Joi.attempt(value, Joi.number().integer()),
    typebox: byTypeBox(Type.Integer()),
    ajv: byAjv("integer"),
  },
  boolean: {
    zod: (value) => z.coerce.boolean().parse(value),
    yup: (value) => yup.boolean().validateSync(value),
    joi: (value) => Joi.attempt(value, Joi.boolean()),
    typebox: byTypeBox(Type.Boolean()),
    ajv: byAjv("boolean"),
  },
  string: {
    zod: (value) => z.coerce.string().parse(value),
    yup: (value) => yup.string().validateSync(value),
    joi: (value) => Joi.attempt(value, Joi.string()),
    typebox: byTypeBox(Type.String()),
    ajv: byAjv("string"),
  },
  date: {
    zod: (value) => z.coerce.date().parse(value),
    yup: (value) => yup.date().validateSync(value),
    joi: (value) => Joi.attempt(value, Joi.date()),
    typebox: byTypeBox(Type.Date()),
  },
};
const cases = {
  integer: ["0018", "5.0", 5.9, "5.9", "1e3", "0x1F", "9007199254740993", "", " ", null, false, [5], "Infinity"],
  boolean: ["false", "0", "no", "", 0, 2, null],
  string: [18, null, true],
  date: ["2026-02-30", "01/02/2026", "5", 5, null],
};
const told = (value) => (value instanceof Date ? value.toISOString() : typeof value === "number" ? String(value) : JSON.stringify(value));
for (const [type, values] of Object.entries(cases)) {
  for (const value of values) {
    const same = {};
    for (const [name, read] of Object.entries(readers[type])) {
      let outcome;
      try {
        outcome = told(read(value));
      } catch {
        outcome = "refused";
      }
      (same[outcome] ??= []).push(name);
    }
    console.log(`${type}, ${JSON.stringify(value)}: ${Object.entries(same).map(([outcome, names]) => `${outcome} ${names.join(", ")}`).join("; ")}`);
  }
}
PROGRAM
TZ=UTC node convert.mjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "client-converters-change-points: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
