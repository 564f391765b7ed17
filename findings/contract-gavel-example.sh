#!/usr/bin/env bash
# Gavel, which judges answers for Dredd, accepts an object, a text or null where the example has a number, and an empty list for a list of offers.
# Packages: gavel 9.1.5, gavel 10.0.4 from npm
# Expected: with the example {"points": 18} a text or an object as points is another structure and fails; other numbers pass.
# Happens: below the keys only objects and lists of the example are told apart from other things: any value stands for a number, a text, true or
#   null. Items of a list are compared with those of the example place by place, as far as both go. A charset behind application/json fails.
#   Where a list came for an object, the message is "Invalid type: object (expected object)". The newest release, 10.0.4, has no main file.
# Matters: a service that sends points as text, null or an object, or no offers at all, passes its contract test on every build.
# Output seen:
#> {"points": 18} | {"points": "many"} | passes
#> {"points": 18} | {"points": null} | passes
#> {"points": 18} | {"points": {"earned": 18}} | passes
#> {"points": 18} | {"total": 18} | fails: At '/points' Missing required property: points
#> {"shop": {}} | {"shop": []} | fails: At '/shop' Invalid type: object (expected object)
#> {"offers": [{"id": 1}]} | {"offers": []} | passes
#> {"offers": [{"id": 1}]} | {"offers": [{"id": 1}, {"code": 2}]} | passes
#> {"offers": [{"id": 1}]} | {"offers": [{"code": 2}]} | fails: At '/offers/0/id' Missing required property: id
#> application/json | application/json; charset=utf-8 | fails
#> gavel 10.0.4: MODULE_NOT_FOUND
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" gavel@9.1.5 newest@npm:gavel@10.0.4 >/dev/null
cat >"$work/program.js" <<'PROGRAM'
const gavel = require("gavel");

const answer = (body, type = "application/json") => ({ statusCode: "200", headers: { "content-type": type }, body });
for (const [example, body] of [
  ['{"points": 18}', '{"points": "many"}'],
  ['{"points": 18}', '{"points": null}'],
  ['{"points": 18}', '{"points": {"earned": 18}}'],
  ['{"points": 18}', '{"total": 18}'],
  ['{"shop": {}}', '{"shop": []}'],
  ['{"offers": [{"id": 1}]}', '{"offers": []}'],
  ['{"offers": [{"id": 1}]}', '{"offers": [{"id": 1}, {"code": 2}]}'],
  ['{"offers": [{"id": 1}]}', '{"offers": [{"code": 2}]}'],
]) {
  const { valid, fields } = gavel.validate(answer(example), answer(body));
  console.log([example, body, valid ? "passes" : `fails: ${fields.body.errors.map(({ message }) => message).join("; ")}`].join(" | "));
}
const type = "application/json; charset=utf-8";
console.log(`application/json | ${type} | ${gavel.validate(answer("{}"), answer("{}", type)).valid ? "passes" : "fails"}`);
try {
  require("newest");
  console.log("gavel 10.0.4: loads");
} catch (error) {
  console.log(`gavel 10.0.4: ${error.code}`);
}
PROGRAM
node "$work/program.js" >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "contract-gavel-example: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
