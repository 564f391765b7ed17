#!/usr/bin/env bash
# An API imported into Mockoon never reaches /users/search when the contract lists /users/{id} before it.
# Packages: @mockoon/cli 9.9.0 from npm
# Expected: OpenAPI asks that a path without placeholders is matched before one with, wherever it is written; Prism 5.16.0 does so.
# Happens: the import keeps the order of the document and the server takes the first route that fits, so "search" is an id.
# Matters: a client's search gets one customer, or a 404, from the mock and never from the service; sorting a contract's paths by name or
#   by operation changes what the mock answers.
# Output seen:
#> /users/search {"found":"byid"}
#> /users/7 {"found":"byid"}
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/contract.json" <<'JSON'
{"openapi": "3.0.3", "info": {"title": "users", "version": "1"}, "paths": {
  "/users/{id}": {"get": {"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
    "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "object", "properties": {"found": {"type": "string", "enum": ["by id"]}}}}}}}}},
  "/users/search": {"get": {
    "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "object", "properties": {"found": {"type": "string", "enum": ["by search"]}}}}}}}}}}}
JSON
npm install --silent --no-audit --no-fund --prefix "$work" @mockoon/cli@9.9.0 >/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mockoon=$work/node_modules/.bin/mockoon-cli
"$mockoon" import --input "$work/contract.json" --output "$work/mock.json" >"$work/log" 2>&1
"$mockoon" start --data "$work/mock.json" --port "$port" --hostname 127.0.0.1 >>"$work/log" 2>&1 &
server=$!
trap 'kill "$server"; wait "$server" || true; rm -rf "$work"' EXIT
for _ in $(seq 120); do grep -q 'Server started' "$work/log" && break || sleep 0.5; done
for path in /users/search /users/7; do
  echo "$path $(curl --silent --max-time 10 "127.0.0.1:$port$path" | tr -d '\n ')"
done >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "mock-mockoon-first-route: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
