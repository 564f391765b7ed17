#!/usr/bin/env bash
# The query flag user_profile of user, given as an object, is sent as user[user_profile]=true by two clients, as user=user_profile or JSON by others.
# Packages: axios 1.21.1, got 14.6.6, ky 1.14.3, ofetch 1.5.1, superagent 10.4.2 from npm; requests 2.34.2, httpx 0.28.1, urllib3 2.8.0, aiohttp 3.14.5
#   from PyPI
# Expected: a client that is given an object as the value of a query parameter writes it with brackets or refuses it; true is true, null is left out.
# Happens: requests sends the names of the members as values, httpx and urllib3 what Python prints, ky [object Object], ofetch JSON; got refuses all but
#   plain values, also lists; aiohttp refuses booleans. Of a list urllib3 makes one text, ky one with commas, axios adds brackets to the name,
#   the others repeat it. What is null is left out, empty, a bare name, null or None. requests and urllib3 write True.
# Matters: the server answers without the profile, or finds another customer, and the client cannot tell.
# Output seen:
#> {"user": {"user_profile": true}}
#>   ?user[user_profile]=true: axios, superagent
#>   refused: got, aiohttp
#>   ?user=[object Object]: ky
#>   ?user={"user_profile":true}: ofetch
#>   ?user=user_profile: requests
#>   ?user={'user_profile': True}: httpx, urllib3
#> {"user[user_profile]": true}
#>   ?user[user_profile]=true: axios, superagent, got, ky, ofetch, httpx
#>   ?user[user_profile]=True: requests, urllib3
#>   refused: aiohttp
#> {"user[user_profile]": "true"}
#>   ?user[user_profile]=true: axios, superagent, got, ky, ofetch, requests, httpx, urllib3, aiohttp
#> {"id": ["1", "2"]}
#>   ?id[]=1&id[]=2: axios
#>   ?id=1&id=2: superagent, ofetch, requests, httpx, aiohttp
#>   refused: got
#>   ?id=1,2: ky
#>   ?id=['1', '2']: urllib3
#> {"culture": null}
#>   nothing: axios, requests
#>   ?culture: superagent, ofetch
#>   ?culture=: got, httpx
#>   ?culture=null: ky
#>   ?culture=None: urllib3
#>   refused: aiohttp
#> {"culture": ""}
#>   ?culture=: axios, superagent, got, ky, requests, httpx, urllib3, aiohttp
#>   ?culture: ofetch
#> {"ids": []}
#>   nothing: axios, superagent, ofetch, requests, aiohttp
#>   refused: got
#>   ?ids=: ky
#>   ?: httpx
#>   ?ids=[]: urllib3
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2 httpx==0.28.1 urllib3==2.8.0 aiohttp==3.14.5
npm install --silent --no-audit --no-fund --prefix "$work" axios@1.21.1 got@14.6.6 ky@1.14.3 ofetch@1.5.1 superagent@10.4.2 >/dev/null
cd "$work"
cat >queries.json <<'JSON'
[{"user": {"user_profile": true}}, {"user[user_profile]": true}, {"user[user_profile]": "true"}, {"id": ["1", "2"]},
  {"culture": null}, {"culture": ""}, {"ids": []}]
JSON
cat >by_js.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import axios from "axios";
import got from "got";
import ky from "ky";
import { ofetch } from "ofetch";
import superagent from "superagent";

let asked;
const server = createServer((request, response) => {
  asked = request.url;
  response.end("{}");
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}/`;
const by = {
  axios: (params) => axios.get(url, { params }),
  superagent: (params) => superagent.get(url).query(params),
  got: (searchParams) => got(url, { searchParams }),
  ky: (searchParams) => ky(url, { searchParams }),
  ofetch: (query) => ofetch(url, { query }),
};
for (const query of JSON.parse(readFileSync("queries.json", "utf8"))) {
  const sent = {};
  for (const [name, ask] of Object.entries(by)) {
    sent[name] = await ask(query).then(() => asked.slice(1), () => "refused");
  }
  console.log(JSON.stringify(sent));
}
process.exit(0);
PROGRAM
cat >by_python.py <<'PROGRAM'
import asyncio
import http.server
import json
import sys
import threading
import urllib.parse

import aiohttp
import httpx
import requests
import urllib3

asked = []


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        asked.append(self.path[1:])
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"


async def by_aiohttp(query):
    async with aiohttp.ClientSession() as session:
        await session.get(url, params=query)


BY = {
    "requests": lambda query: requests.get(url, params=query),
    "httpx": lambda query: httpx.get(url, params=query),
    "urllib3": lambda query: urllib3.request("GET", url, fields=query),
    "aiohttp": lambda query: asyncio.run(by_aiohttp(query)),
}
for query, line in zip(json.load(open("queries.json")), sys.stdin):
    sent = json.loads(line)
    for name, ask in BY.items():
        try:
            ask(query)
            sent[name] = asked[-1]
        except TypeError:
            sent[name] = "refused"
    same = {}
    for name, text in sent.items():
        same.setdefault(urllib.parse.unquote_plus(text) or "nothing", []).append(name)
    print(json.dumps(query))
    for text, names in same.items():
        print(f"  {text}: {', '.join(names)}")
PROGRAM
node by_js.mjs | env/bin/python by_python.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "client-query-flag: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
