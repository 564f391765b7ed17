#!/usr/bin/env bash
# Prism can never be sent a required query parameter whose name has brackets, such as user[user_profile].
# Packages: @stoplight/prism-cli 5.16.0 from npm
# Expected: a parameter of the plain name user[user_profile] (OpenAPI allows any name) is found in the query, encoded or not.
# Happens: Prism encodes the name in its own copy of the contract and looks for user%5buser_profile%5d: every request is answered 422
#   "must have required property", and where the parameter is optional its value is checked by nobody. Written as
#   deepObject (user, with a property user_profile) the same query is found.
# Matters: older loyalty and Rails-made APIs name parameters so; the mock refuses right clients, or lets wrong values through.
# Output seen:
#> /required?user[user_profile]=true 422 "message":"Request query must have required property 'user%5buser_profile%5d'"
#> /required?user%5Buser_profile%5D=true 422 "message":"Request query must have required property 'user%5buser_profile%5d'"
#> /optional?user%5Buser_profile%5D=perhaps 200 taken
#> /deep?user%5Buser_profile%5D=true 200 taken
#> /deep?user%5Buser_profile%5D=perhaps 422 "message":"Request query parameter user.user_profile must be boolean"
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/contract.yaml" <<'YAML'
openapi: 3.0.3
info: {title: brackets, version: "1"}
paths:
  /required:
    get:
      parameters: [{name: "user[user_profile]", in: query, required: true, schema: {type: boolean}}]
      responses: {"200": {description: found}}
  /optional:
    get:
      parameters: [{name: "user[user_profile]", in: query, schema: {type: boolean}}]
      responses: {"200": {description: found}}
  /deep:
    get:
      parameters:
        - {name: user, in: query, required: true, style: deepObject, schema: {type: object, properties: {user_profile: {type: boolean}}}}
      responses: {"200": {description: found}}
YAML
npm install --silent --no-audit --no-fund --prefix "$work" @stoplight/prism-cli@5.16.0 >/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$work/node_modules/.bin/prism" mock --host 127.0.0.1 --port "$port" "$work/contract.yaml" >"$work/log" 2>&1 &
server=$!
trap 'kill "$server"; wait "$server" || true; rm -rf "$work"' EXIT
for _ in $(seq 120); do grep -q 'is listening' "$work/log" && break || sleep 0.5; done
for query in '/required?user[user_profile]=true' '/required?user%5Buser_profile%5D=true' '/optional?user%5Buser_profile%5D=perhaps' \
  '/deep?user%5Buser_profile%5D=true' '/deep?user%5Buser_profile%5D=perhaps'; do
  status=$(curl --silent --globoff --max-time 10 --output "$work/answer" --write-out '%{http_code}' "127.0.0.1:$port$query")
  echo "$query $status $(grep -o '"message":"[^"]*"' "$work/answer" || echo taken)"
done >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "mock-prism-brackets: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
