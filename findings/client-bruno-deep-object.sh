#!/usr/bin/env bash
# Bruno's import asks for user_profile where the contract says user[user_profile], when the parameter is written as a deepObject.
# Packages: @usebruno/converters 0.23.0, openapi-to-postmanv2 6.3.3 from npm
# Expected: a parameter user of style deepObject with the property user_profile is sent as user[user_profile]; Postman's converter does so.
# Happens: Bruno's request has user_profile, which the service does not know; an array parameter gets the text [] as its value. The plain name
#   user[tier] is kept.
# Matters: collections made from one contract send different searches, and the flag that asks for the profile is silently missing.
# Output seen:
#> Bruno: user_profile= user[tier]= ids=[]
#> Postman: user[user_profile] user[tier] ids
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" @usebruno/converters@0.23.0 openapi-to-postmanv2@6.3.3 >/dev/null
cat >"$work/program.js" <<'PROGRAM'
const { openApiToBruno } = require("@usebruno/converters");
const postman = require("openapi-to-postmanv2");

const contract = `{"openapi": "3.0.3", "info": {"title": "users", "version": "1"}, "paths": {"/users": {"post": {
  "parameters": [
    {"name": "user", "in": "query", "style": "deepObject", "schema": {"type": "object", "properties": {"user_profile": {"type": "boolean"}}}},
    {"name": "user[tier]", "in": "query", "schema": {"type": "boolean"}},
    {"name": "ids", "in": "query", "schema": {"type": "array", "items": {"type": "integer"}}}],
  "responses": {"200": {"description": "ok"}}}}}}`;
const first = (node, list) => (node.request ? node : first(node[list][0], list));
const bruno = first(openApiToBruno(JSON.parse(contract)), "items").request;
console.log("Bruno:", bruno.params.map((p) => `${p.name}=${p.value}`).join(" "));
postman.convert({ type: "string", data: contract }, {}, (error, result) => {
  const request = first(result.output[0].data, "item").request;
  console.log("Postman:", [...new Set(request.url.query.map((p) => p.key))].join(" "));
});
PROGRAM
node "$work/program.js" >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "client-bruno-deep-object: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
