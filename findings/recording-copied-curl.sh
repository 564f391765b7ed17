#!/usr/bin/env bash
# A POST that Chrome copied as a curl command is a GET without a body for two readers of such commands, and its cookie is a header Set-Cookie for one.
# Packages: parse-curl 0.2.6, curl-to-har 1.0.1, curlconverter 4.12.0, insomnia-importers 3.6.0, curl-to-postmanv2 1.8.4 from npm
# Expected: the form in which a browser copies a request, with -b and --data-raw, is read by whoever reads curl commands, and is the same request after.
# Happens: parse-curl and curl-to-har know --data, not --data-raw; curl-to-har makes of --data a GET whose body is an object instead of a text, with 19.90 as 19.9,
#   leaves A%2BB in the query undecoded and names a member of its HAR "undefined". parse-curl has two Content-Types with --data. The three others agree.
# Matters: the sale that failed in the browser is repeated as a query that succeeds, and the fault is not found.
# Output seen:
#> --data-raw by parse-curl
#>   GET
#>   http://127.0.0.1/sales?code=A%2BB&code=C
#>   query null
#>   body null
#>   headers {"content-type":"application/json","Set-Cookie":"till=7"}
#> --data-raw by curl-to-har
#>   GET
#>   http://127.0.0.1/sales
#>   query [{"name":"code","value":"A%2BB"},{"name":"code","value":"C"}]
#>   body null
#>   undefined: {"total":19.90}
#> --data-raw by curlconverter
#>   POST
#>   http://127.0.0.1/sales
#>   query [{"name":"code","value":"A+B"},{"name":"code","value":"C"}]
#>   body "{\"total\":19.90}"
#>   cookies [{"name":"till","value":"7"}]
#> --data-raw by insomnia-importers
#>   POST
#>   http://127.0.0.1/sales
#>   query [{"name":"code","value":"A+B","disabled":false},{"name":"code","value":"C","disabled":false}]
#>   body "{\"total\":19.90}"
#>   headers [{"name":"content-type","value":"application/json"},{"name":"Cookie","value":"till=7"}]
#> --data-raw by curl-to-postmanv2
#>   POST
#>   http://127.0.0.1/sales?code=A%2BB&code=C
#>   query null
#>   body "{\"total\":19.90}"
#>   headers ["content-type: application/json","Cookie: till=7"]
#> --data by parse-curl
#>   POST
#>   http://127.0.0.1/sales?code=A%2BB&code=C
#>   query null
#>   body "{\"total\":19.90}"
#>   headers {"content-type":"application/json","Set-Cookie":"till=7","Content-Type":"application/x-www-form-urlencoded"}
#> --data by curl-to-har
#>   GET
#>   http://127.0.0.1/sales
#>   query [{"name":"code","value":"A%2BB"},{"name":"code","value":"C"}]
#>   body {"total":19.9}
#>   undefined: till=7
#> --data by curlconverter
#>   POST
#>   http://127.0.0.1/sales
#>   query [{"name":"code","value":"A+B"},{"name":"code","value":"C"}]
#>   body "{\"total\":19.90}"
#>   cookies [{"name":"till","value":"7"}]
#> --data by insomnia-importers
#>   POST
#>   http://127.0.0.1/sales
#>   query [{"name":"code","value":"A+B","disabled":false},{"name":"code","value":"C","disabled":false}]
#>   body "{\"total\":19.90}"
#>   headers [{"name":"content-type","value":"application/json"},{"name":"Cookie","value":"till=7"}]
#> --data by curl-to-postmanv2
#>   POST
#>   http://127.0.0.1/sales?code=A%2BB&code=C
#>   query null
#>   body "{\"total\":19.90}"
#>   headers ["content-type: application/json","Cookie: till=7"]
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" \
  parse-curl@0.2.6 curl-to-har@1.0.1 curlconverter@4.12.0 insomnia-importers@3.6.0 curl-to-postmanv2@1.8.4 >/dev/null
cd "$work"
cat >read.mjs <<'PROGRAM'
import { createRequire } from "node:module";
import { toHarString } from "curlconverter";

const require = createRequire(import.meta.url);
const parseCurl = require("parse-curl");
const curlToHar = require("curl-to-har");
const insomnia = require("insomnia-importers");
const postman = require("curl-to-postmanv2");
const wanted = (request, body) => [request.method, request.url, `query ${JSON.stringify(request.query ?? null)}`, `body ${JSON.stringify(body ?? null)}`];
const readers = {
  "parse-curl": (command) => {
    const { method, url, body, header } = (parseCurl.default ?? parseCurl)(command);
    return [...wanted({ method, url }, body), `headers ${JSON.stringify(header)}`];
  },
  "curl-to-har": (command) => {
    const har = (curlToHar.default ?? curlToHar)(command);
    return [...wanted({ ...har, query: har.queryString }, har.postData.text), `undefined: ${har.undefined}`];
  },
  curlconverter: (command) => {
    const { request } = JSON.parse(toHarString(command)).log.entries[0];
    return [...wanted({ ...request, query: request.queryString }, request.postData?.text ?? request.postData), `cookies ${JSON.stringify(request.cookies)}`];
  },
  "insomnia-importers": async (command) => {
    const [read] = (await insomnia.convert(command)).data.resources;
    return [...wanted({ ...read, query: read.parameters }, read.body.text ?? read.body), `headers ${JSON.stringify(read.headers)}`];
  },
  "curl-to-postmanv2": (command) =>
    new Promise((resolve) =>
      postman.convert({ type: "string", data: command }, (error, result) => {
        const read = result.output[0].data;
        const headers = read.header.map(({ key, value }) => `${key}: ${value}`);
        resolve([...wanted({ ...read, url: read.url.raw ?? read.url }, read.body.raw ?? read.body), `headers ${JSON.stringify(headers)}`]);
      }),
    ),
};
for (const option of ["--data-raw", "--data"]) {
  const command = `curl 'http://127.0.0.1/sales?code=A%2BB&code=C' -H 'content-type: application/json' -b 'till=7' ${option} '{"total":19.90}'`;
  for (const [name, read] of Object.entries(readers)) console.log([`${option} by ${name}`, ...(await read(command))].join("\n  "));
}
PROGRAM
node read.mjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "recording-copied-curl: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
