#!/usr/bin/env bash
# The JSON body of a request that Chrome recorded is a web form in chrome-har's HAR: no text, a parameter for each member, and the text "0018" as four.
# Packages: chrome-har 1.3.1 from npm
# Expected: postData.text is the body as it was sent, and params, with texts as values, are for forms alone (HAR 1.2).
# Happens: Chrome's message has the body as text; chrome-har parses it where the type is JSON, and makes parameters of the members with values
#   as they are: 19.90 is 19.9 and true is no text. A list of one is its member, a list as the whole body is the parameters 0, 1 and so
#   on, and a text as the whole body has a parameter for each character. A body of another type is right.
# Matters: no player of recordings sends such a request again; a check of what a till sent sees other amounts, or refuses the file.
# Output seen:
#> application/json {"total": 19.90, "card": "0018"}
#>   {"params":[{"name":"total","value":19.9},{"name":"card","value":"0018"}]}
#> application/json {"lines": [{"price": 1e2}], "paid": true}
#>   {"params":[{"name":"lines","value":{"price":100}},{"name":"paid","value":true}]}
#> application/json [{"card": "0018"}, 5]
#>   {"params":[{"name":"0","value":{"card":"0018"}},{"name":"1","value":5}]}
#> application/json "0018"
#>   {"params":[{"name":"0","value":"0"},{"name":"1","value":"0"},{"name":"2","value":"1"},{"name":"3","value":"8"}]}
#> text/plain {"total": 19.90}
#>   {"text":"{\"total\": 19.90}"}
#> application/x-www-form-urlencoded total=19.90&card=0018
#>   {"params":[{"name":"total","value":"19.90"},{"name":"card","value":"0018"}]}
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" chrome-har@1.3.1 >/dev/null
cd "$work"
cat >program.mjs <<'PROGRAM'
import { harFromMessages } from "chrome-har";

const url = "http://shop.example/offers/lock";
const timing = { requestTime: 1000, dnsStart: -1, dnsEnd: -1, connectStart: -1, connectEnd: -1, sslStart: -1, sslEnd: -1, sendStart: 1, sendEnd: 2, receiveHeadersEnd: 9 };

function recorded(type, postData) {
  const common = { requestId: "1", frameId: "f", loaderId: "l", type: "Document" };
  const request = { url, method: "POST", headers: { "Content-Type": type }, postData, hasPostData: true };
  const response = { url, status: 200, statusText: "OK", headers: {}, mimeType: "text/plain", encodedDataLength: 9, protocol: "http/1.1", connectionId: 1, timing };
  const messages = [
    ["Page.frameStartedLoading", { frameId: "f" }],
    ["Network.requestWillBeSent", { ...common, request, timestamp: 1000, wallTime: 1769853600, initiator: { type: "other" } }],
    ["Network.responseReceived", { ...common, response, timestamp: 1000.1 }],
    ["Network.loadingFinished", { requestId: "1", timestamp: 1000.2, encodedDataLength: 9 }],
  ];
  return harFromMessages(messages.map(([method, params]) => ({ method, params }))).log.entries[0].request.postData;
}

for (const [type, body] of [
  ["application/json", '{"total": 19.90, "card": "0018"}'],
  ["application/json", '{"lines": [{"price": 1e2}], "paid": true}'],
  ["application/json", '[{"card": "0018"}, 5]'],
  ["application/json", '"0018"'],
  ["text/plain", '{"total": 19.90}'],
  ["application/x-www-form-urlencoded", "total=19.90&card=0018"],
]) {
  const { mimeType, ...rest } = recorded(type, body);
  console.log(`${mimeType} ${body}`);
  console.log(`  ${JSON.stringify(rest)}`);
}
PROGRAM
node program.mjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "recording-chrome-har-body: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
