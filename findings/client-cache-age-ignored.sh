#!/usr/bin/env bash
# An answer for 60 seconds that is 70 seconds old when it comes is used again by three of five caching clients, and Max-Age=60 is not understood by three.
# Packages: got 14.6.6, undici 7.30.2, make-fetch-happen 15.0.6, http-cache-semantics 4.3.0 from npm; CacheControl 0.14.4, requests-cache 1.3.3 from PyPI
# Expected: RFC 9111: Age counts towards the age, names of directives have no case, a value may be quoted, immutable alone says nothing of how long, and a
#   client of one user keeps what is private.
# Happens: make-fetch-happen, CacheControl and requests-cache pass over Age. All but CacheControl keep an immutable answer, and http-cache-semantics, which decides for
#   got and make-fetch-happen, takes milliseconds for seconds: for 1000 days. got and undici act as a shared cache: nothing private, and what is for shared caches only.
#   CacheControl knows no quoted 60, and only it asks again where there is a Last-Modified and no time. With no-cache="Set-Cookie" two reuse the whole.
# Matters: behind a gateway that caches too, the app shows a balance or an offer that its server said was over.
# Output seen:
#> Cache-Control: max-age=60 -> used again by all
#> Cache-Control: max-age=60; Age: 50 -> used again by all
#> Cache-Control: max-age=60; Age: 70 -> used again by make-fetch-happen, CacheControl, requests-cache
#> Cache-Control: Max-Age=60 -> used again by undici, requests-cache
#> Cache-Control: max-age="60" -> used again by got, undici, make-fetch-happen, requests-cache
#> Cache-Control: immutable -> used again by got, undici, make-fetch-happen, requests-cache
#> Cache-Control: private, max-age=60 -> used again by make-fetch-happen, CacheControl, requests-cache
#> Cache-Control: s-maxage=60 -> used again by got, undici, requests-cache
#> Cache-Control: max-age=60, no-cache="Set-Cookie" -> used again by undici, CacheControl
#> Cache-Control: max-age=60; Set-Cookie: a=b -> used again by make-fetch-happen, CacheControl, requests-cache
#> Last-Modified: ten days ago -> used again by got, undici, make-fetch-happen, requests-cache
#> Cache-Control: must-revalidate -> by none
#> http-cache-semantics, immutable: fresh for 1000 days
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check CacheControl==0.14.4 requests-cache==1.3.3
npm install --silent --no-audit --no-fund --prefix "$work" got@14.6.6 undici@7.30.2 make-fetch-happen@15.0.6 http-cache-semantics@4.3.0 >/dev/null
cd "$work"
cat >serve.py <<'PROGRAM'
import collections
import http.server
import json
import os
import time
from email.utils import formatdate

ten_days_ago = formatdate(time.time() - 864000, usegmt=True)
cases = [
    {"Cache-Control": "max-age=60"},
    {"Cache-Control": "max-age=60", "Age": "50"},
    {"Cache-Control": "max-age=60", "Age": "70"},
    {"Cache-Control": "Max-Age=60"},
    {"Cache-Control": 'max-age="60"'},
    {"Cache-Control": "immutable"},
    {"Cache-Control": "private, max-age=60"},
    {"Cache-Control": "s-maxage=60"},
    {"Cache-Control": 'max-age=60, no-cache="Set-Cookie"'},
    {"Cache-Control": "max-age=60", "Set-Cookie": "a=b"},
    {"Last-Modified": ten_days_ago},
    {"Cache-Control": "must-revalidate"},
]
asked = collections.Counter()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        _, client, number = self.path.split("/")
        if client == "report":
            headers, body = {}, json.dumps([cases, asked]).encode()
        else:
            asked[f"{client} {number}"] += 1
            headers, body = cases[int(number)], b"{}"
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open("port.part", "w") as file:
    print(server.server_port, len(cases), file=file)
os.rename("port.part", "port")
server.serve_forever()
PROGRAM
cat >ask.mjs <<'PROGRAM'
import got from "got";
import makeFetchHappen from "make-fetch-happen";
import { Agent, interceptors, request } from "undici";

const [port, count] = process.argv.slice(2);
const cache = new Map();
const dispatcher = new Agent().compose(interceptors.cache());
const by = {
  got: (url) => got(url, { cache }),
  undici: async (url) => (await request(url, { dispatcher })).body.dump(),
  "make-fetch-happen": async (url) => (await makeFetchHappen(url, { cachePath: "kept" })).text(),
};
for (const [name, ask] of Object.entries(by)) {
  for (let number = 0; number < count; number++) {
    await ask(`http://127.0.0.1:${port}/${name}/${number}`);
    await new Promise((done) => setTimeout(done, 50));
    await ask(`http://127.0.0.1:${port}/${name}/${number}`);
  }
}
process.exit(0);
PROGRAM
cat >ask.py <<'PROGRAM'
import sys

import requests
import requests_cache
from cachecontrol import CacheControl

port, count = sys.argv[1:]
sessions = {"CacheControl": CacheControl(requests.Session()), "requests-cache": requests_cache.CachedSession(backend="memory", cache_control=True)}
for name, session in sessions.items():
    for number in range(int(count)):
        for _ in range(2):
            session.get(f"http://127.0.0.1:{port}/{name}/{number}").text
cases, asked = requests.get(f"http://127.0.0.1:{port}/report/0").json()
names = ["got", "undici", "make-fetch-happen", *sessions]
for number, headers in enumerate(cases):
    headers = {name: "ten days ago" if name == "Last-Modified" else value for name, value in headers.items()}
    reused = [name for name in names if asked[f"{name} {number}"] == 1]
    print("; ".join(f"{name}: {value}" for name, value in headers.items()), "->", f"used again by {', '.join(reused)}" if len(reused) < 5 and reused else "used again by all" if reused else "by none")
PROGRAM
env/bin/python serve.py &
server=$!
until [ -e port ]; do sleep 0.1; done
read -r port count <port
node ask.mjs "$port" "$count"
cat >immutable.mjs <<'PROGRAM'
import CachePolicy from "http-cache-semantics";

const policy = new CachePolicy({ url: "/", headers: {} }, { status: 200, headers: { "cache-control": "immutable" } });
console.log(`http-cache-semantics, immutable: fresh for ${Math.round(policy.timeToLive() / 86400000)} days`);
PROGRAM
{
  env/bin/python ask.py "$port" "$count"
  node immutable.mjs
} >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "client-cache-age-ignored: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
