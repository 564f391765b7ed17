#!/usr/bin/env bash
# WireMock hands amounts back changed: 10000000.5 becomes 1.00000005E7, 19.90 becomes 19.9 and 1E400 becomes Infinity, which is no JSON.
# Packages: wiremock 3.13.2 (standalone server, Java) from npm
# Expected: {{jsonPath request.body '$.amount'}} in a response template gives the number as the client wrote it, at least as valid JSON.
# Happens: numbers go through Java's double and its toString(): exponents from 10^7 upwards and under 0.001. Amounts of more than 17 digits stay exact
#   (a BigDecimal), so do all numbers of a jsonBody, and equalToJson and matchesJsonSchema compare exactly (19.99 is whole cents).
# Matters: an echoing mock of a till tests clients with spellings that no service sends ("1.00000005E7" where the amount is in quotes).
# Output seen:
#> 11.77 comes back as {"amount": 11.77 }
#> 19.90 comes back as {"amount": 19.9 }
#> 10000000.5 comes back as {"amount": 1.00000005E7 }
#> 0.0005 comes back as {"amount": 5.0E-4 }
#> 12345678901234567.89 comes back as {"amount": 12345678901234567.89 }
#> 1E400 comes back as {"amount": Infinity }
#> 19.99 whole cents: 200
#> 19.995 whole cents: 404
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" wiremock@3.13.2 >/dev/null
mkdir -p "$work/root/mappings"
cat >"$work/root/mappings/mappings.json" <<'JSON'
{"mappings": [
  {"request": {"method": "POST", "urlPath": "/echo"}, "response": {"status": 200, "transformers": ["response-template"],
    "body": "{\"amount\": {{jsonPath request.body '$.amount'}} }"}},
  {"request": {"method": "POST", "urlPath": "/cents", "bodyPatterns": [
    {"matchesJsonSchema": "{\"properties\": {\"amount\": {\"multipleOf\": 0.01}}}"}]}, "response": {"status": 200}}]}
JSON
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
java -jar "$work"/node_modules/wiremock/build/wiremock-standalone-3.13.2.jar \
  --port "$port" --bind-address 127.0.0.1 --root-dir "$work/root" --disable-banner >"$work/log" 2>&1 &
server=$!
trap 'kill "$server"; wait "$server" || true; rm -rf "$work"' EXIT
for _ in $(seq 120); do curl --silent --max-time 2 --output /dev/null "127.0.0.1:$port/__admin/mappings" && break || sleep 0.5; done
for amount in 11.77 19.90 10000000.5 0.0005 12345678901234567.89 1E400; do
  curl --silent --max-time 10 "127.0.0.1:$port/echo" --data "{\"amount\": $amount}" | sed "s/^/$amount comes back as /"
  echo
done >"$work/seen"
for amount in 19.99 19.995; do
  curl --silent --max-time 10 --output /dev/null --write-out "$amount whole cents: %{http_code}\n" "127.0.0.1:$port/cents" --data "{\"amount\": $amount}"
done >>"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "mock-wiremock-echo: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
