#!/usr/bin/env bash
# A recorded query with a repeated parameter is sent once more by har-to-k6, and a body that contains ${…} stops the conversion.
# Packages: har-to-k6 0.14.16 from npm
# Expected: the load script sends the recorded address and body as they are.
# Happens: the address is kept and the second value of the repeated parameter is appended to it: a=1&a=2 becomes a=1&a=2&a=2. Two headers of one name
#   become one line. A body is read as a template: "${x}" ends in "undefined variable: x", though HAR knows no variables. Numbers such as 1.10 and
#   9007199254740993 come through as written.
# Matters: the load is not the recorded traffic: filters get three values, and texts of offers with ${ cannot be replayed.
# Output seen:
#> 'http://till.example/offers?a=1&a=2&a=2',
#> '{"amount": 1.10, "id": 9007199254740993}',
#> 'x-store': '1,2',
#> body with ${x}: Post text referenced undefined variable: x
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" har-to-k6@0.14.16 >/dev/null
cat >"$work/program.js" <<'PROGRAM'
const { liHARToK6Script } = require("har-to-k6");

const pairs = (list) => list.map(([name, value]) => ({ name, value }));
const recording = (text) => ({ log: { version: "1.2", creator: { name: "till", version: "1" }, entries: [{
  startedDateTime: "2026-11-30T07:00:00.000Z", time: 1, cache: {}, timings: { send: 0, wait: 1, receive: 0 },
  request: {
    method: "POST", url: "http://till.example/offers?a=1&a=2", httpVersion: "HTTP/1.1", cookies: [], headersSize: -1, bodySize: -1,
    headers: pairs([["content-type", "application/json"], ["x-store", "1"], ["x-store", "2"]]),
    queryString: pairs([["a", "1"], ["a", "2"]]), postData: { mimeType: "application/json", text },
  },
  response: { status: 200, statusText: "OK", httpVersion: "HTTP/1.1", headers: [], cookies: [], redirectURL: "", headersSize: -1, bodySize: 2,
    content: { size: 2, mimeType: "application/json", text: "{}" } },
}] } });
(async () => {
  const script = (await liHARToK6Script(recording('{"amount": 1.10, "id": 9007199254740993}'))).main;
  for (const wanted of ["till.example", "amount", "x-store"]) console.log(script.split("\n").find((line) => line.includes(wanted)).trim());
  try {
    await liHARToK6Script(recording('{"title": "Save ${x}"}'));
    console.log("taken");
  } catch (error) {
    console.log("body with ${x}:", error.message);
  }
})();
PROGRAM
node "$work/program.js" >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "recording-to-k6: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
