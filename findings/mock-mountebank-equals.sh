#!/usr/bin/env bash
# A mountebank stub for points 5 and items a, b is also met by the text "5", by the items b, a and by the value true written "TRUE".
# Packages: mountebank 2.9.1 from npm
# Expected: deepEquals compares a JSON body exactly, equals compares the members that it names; both take 5 for 5 and a list for that list.
# Happens: values are compared as lower-cased text and lists as sets of members in any order; equals is content with one of several elements. A
#   number that the stub writes 19.9 is met by 19.90 and not by "19.90", contains finds text in texts and nothing in numbers, and exists
#   says that null, 0 and false are there and that an empty text is not.
# Matters: a till that sends points as text, or the lines of a sale in a wrong order, passes every test against this mock.
# Output seen:
#> {"deepEquals":{"body":{"points":5}}}
#>   {"points":5}: met
#>   {"points":"5"}: met
#>   {"points":5.0}: met
#>   {"points":5,"card":1}: not met
#> {"deepEquals":{"body":{"items":["a","b"]}}}
#>   {"items":["a","b"]}: met
#>   {"items":["b","a"]}: met
#>   {"items":["a"]}: not met
#> {"equals":{"body":{"points":5}}}
#>   {"points":"5"}: met
#>   {"points":[5]}: met
#>   {"points":[4,5]}: met
#> {"equals":{"body":{"paid":true}}}
#>   {"paid":true}: met
#>   {"paid":"TRUE"}: met
#>   {"PAID":"true"}: met
#>   {"paid":1}: not met
#> {"equals":{"body":{"total":19.9}}}
#>   {"total":19.90}: met
#>   {"total":"19.9"}: met
#>   {"total":"19.90"}: not met
#> {"equals":{"body":{"items":["a"]}}}
#>   {"items":["b","a"]}: met
#>   {"items":"a"}: met
#> {"contains":{"body":{"total":"9.9"}}}
#>   {"total":19.9}: not met
#>   {"total":"19.9"}: met
#> {"exists":{"body":{"offer":true}}}
#>   {"offer":null}: met
#>   {"offer":0}: met
#>   {"offer":false}: met
#>   {"offer":""}: not met
#>   {}: not met
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" mountebank@2.9.1 >/dev/null
cd "$work"
cat >cases.json <<'JSON'
[
  [{"deepEquals": {"body": {"points": 5}}}, ["{\"points\":5}", "{\"points\":\"5\"}", "{\"points\":5.0}", "{\"points\":5,\"card\":1}"]],
  [{"deepEquals": {"body": {"items": ["a", "b"]}}}, ["{\"items\":[\"a\",\"b\"]}", "{\"items\":[\"b\",\"a\"]}", "{\"items\":[\"a\"]}"]],
  [{"equals": {"body": {"points": 5}}}, ["{\"points\":\"5\"}", "{\"points\":[5]}", "{\"points\":[4,5]}"]],
  [{"equals": {"body": {"paid": true}}}, ["{\"paid\":true}", "{\"paid\":\"TRUE\"}", "{\"PAID\":\"true\"}", "{\"paid\":1}"]],
  [{"equals": {"body": {"total": 19.9}}}, ["{\"total\":19.90}", "{\"total\":\"19.9\"}", "{\"total\":\"19.90\"}"]],
  [{"equals": {"body": {"items": ["a"]}}}, ["{\"items\":[\"b\",\"a\"]}", "{\"items\":\"a\"}"]],
  [{"contains": {"body": {"total": "9.9"}}}, ["{\"total\":19.9}", "{\"total\":\"19.9\"}"]],
  [{"exists": {"body": {"offer": true}}}, ["{\"offer\":null}", "{\"offer\":0}", "{\"offer\":false}", "{\"offer\":\"\"}", "{}"]]
]
JSON
cat >ask.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";

const admin = `http://127.0.0.1:${process.argv[2]}`;
const headers = { "Content-Type": "application/json" };
for (const [predicate, bodies] of JSON.parse(readFileSync("cases.json", "utf8"))) {
  const stubs = [{ predicates: [predicate], responses: [{ is: { statusCode: 200 } }] }];
  const imposter = { protocol: "http", host: "127.0.0.1", defaultResponse: { statusCode: 404 }, stubs };
  const { port } = await (await fetch(`${admin}/imposters`, { method: "POST", headers, body: JSON.stringify(imposter) })).json();
  console.log(JSON.stringify(predicate));
  for (const body of bodies) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body });
    console.log(`  ${body}: ${answer.status === 200 ? "met" : "not met"}`);
  }
}
process.exit(0);
PROGRAM
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
node node_modules/mountebank/bin/mb start --host 127.0.0.1 --port "$port" --nologfile --pidfile "$work/pid" >log 2>&1 &
server=$!
trap 'kill "$server"; wait "$server" || true; rm -rf "$work"' EXIT
for _ in $(seq 120); do curl --silent --max-time 2 --output /dev/null "127.0.0.1:$port/" && break || sleep 0.5; done
node ask.mjs "$port" >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "mock-mountebank-equals: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
