#!/usr/bin/env bash
# Prism's mock answers break the contract that they are made from, and with --errors Prism answers 500 for its own mistake.
# Packages: @stoplight/prism-cli 5.16.0, ajv 8.20.0, ajv-formats 3.0.1 from npm
# Expected: an answer generated from a schema fulfils it; --errors (for what a client or a proxied service does wrong) changes nothing then.
# Happens: the static answer ignores pattern ("string") and uniqueItems ([0,0]), and a minimum of 2^53 + 1 comes out as 2^53. The dynamic
#   one keeps pattern and uniqueItems but answers null for such an integer, ignores exclusiveMinimum (of OpenAPI 3.1) and gives
#   decimals that miss multipleOf. 40 dynamic answers were looked at. Only the header sl-violations tells; with --errors it is a 500.
# Matters: a client that checks what it receives fails against the mock and not against the service, negative points included.
# Output seen:
#> static, broken: /code pattern, /lines uniqueItems | number 9007199254740992 | told in sl-violations: yes
#> dynamic, broken: /number type, /points exclusiveMinimum, /price multipleOf
#> with --errors: 500
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/contract.json" <<'JSON'
{"openapi": "3.1.0", "info": {"title": "answers", "version": "1"}, "paths": {"/points": {"get": {"responses": {"200": {
  "description": "ok", "content": {"application/json": {"schema": {"type": "object", "additionalProperties": false,
  "required": ["code", "lines", "number", "points", "price", "id"], "properties": {
    "code": {"type": "string", "pattern": "^[A-Z]{2}-\\d{4}$"},
    "lines": {"type": "array", "minItems": 2, "uniqueItems": true, "items": {"type": "integer"}},
    "number": {"type": "integer", "minimum": 9007199254740993},
    "points": {"type": "number", "exclusiveMinimum": 0},
    "price": {"type": "number", "multipleOf": 0.05},
    "id": {"type": "string", "format": "uuid"}}}}}}}}}}}
JSON
npm install --silent --no-audit --no-fund --prefix "$work" @stoplight/prism-cli@5.16.0 ajv@8.20.0 ajv-formats@3.0.1 >/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
strict=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$work/node_modules/.bin/prism" mock --host 127.0.0.1 --port "$port" "$work/contract.json" >"$work/log" 2>&1 &
server=$!
"$work/node_modules/.bin/prism" mock --host 127.0.0.1 --port "$strict" --errors "$work/contract.json" >"$work/strict-log" 2>&1 &
second=$!
trap 'kill "$server" "$second"; wait "$server" "$second" || true; rm -rf "$work"' EXIT
for _ in $(seq 120); do grep -q 'is listening' "$work/log" && grep -q 'is listening' "$work/strict-log" && break || sleep 0.5; done
cat >"$work/program.js" <<'PROGRAM'
const Ajv = require("ajv/dist/2020");
const ajv = new Ajv({ allErrors: true });
require("ajv-formats")(ajv);
const contract = require("./contract.json");
const check = ajv.compile(contract.paths["/points"].get.responses["200"].content["application/json"].schema);
const ask = async (headers) => {
  const answer = await fetch(`http://127.0.0.1:${process.argv[2]}/points`, { headers });
  const text = await answer.text();
  check(JSON.parse(text));
  if (answer.headers.has("sl-violations")) headers.told = "yes";
  return [text, (check.errors || []).map((e) => `${e.instancePath || e.params.missingProperty} ${e.keyword}`)];
};
(async () => {
  const asked = {};
  const [text, errors] = await ask(asked);
  const exact = /"number":9007199254740992[,}]/.test(text) ? "number 9007199254740992" : "";
  console.log("static, broken:", errors.sort().join(", "), "|", exact, "| told in sl-violations:", asked.told || "no");
  const seen = new Set();
  for (let n = 0; n < 40; n++) for (const error of (await ask({ Prefer: "dynamic=true" }))[1]) seen.add(error);
  console.log("dynamic, broken:", [...seen].sort().join(", "));
  console.log("with --errors:", (await fetch(`http://127.0.0.1:${process.argv[3]}/points`)).status);
})();
PROGRAM
node "$work/program.js" "$port" "$strict" >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "mock-prism-breaks-contract: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
