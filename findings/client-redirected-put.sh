#!/usr/bin/env bash
# A PUT that is redirected with 301 arrives as a PUT without its body from requests, as a GET without one from superagent, and whole from five others.
# Packages: requests 2.34.2, urllib3 2.8.0, httpx 0.28.1, aiohttp 3.14.5 from PyPI; axios 1.21.1, got 14.6.6, superagent 10.4.2 from npm
# Expected: RFC 9110 lets a client make a GET of a POST at 301 and 302; other methods, and all at 307, are sent again as they were, with their body.
# Happens: requests keeps PUT, PATCH and DELETE at 301 and leaves the body and its Content-Type out; at 302 it makes a GET of them, as httpx does.
#   superagent makes a GET of every method at both. urllib3 and got keep POST. aiohttp and axios do as the RFC says. The Idempotency-Key stays in all
#   cases, also on the GET.
# Matters: behind a gateway that redirects to a new host name an update empties what it should change, and a redemption is only looked up.
# Output seen:
#> requests | POST 301 GET | PUT 301 PUT without body | PUT 302 GET | DELETE 301 DELETE without body | POST 307 POST
#> urllib3 | POST 301 POST | PUT 301 PUT | PUT 302 PUT | DELETE 301 DELETE | POST 307 POST
#> httpx | POST 301 GET | PUT 301 PUT | PUT 302 GET | DELETE 301 DELETE | POST 307 POST
#> aiohttp | POST 301 GET | PUT 301 PUT | PUT 302 PUT | DELETE 301 DELETE | POST 307 POST
#> axios | POST 301 GET | PUT 301 PUT | PUT 302 PUT | DELETE 301 DELETE | POST 307 POST
#> got | POST 301 POST | PUT 301 PUT | PUT 302 PUT | DELETE 301 DELETE | POST 307 POST
#> superagent | POST 301 GET | PUT 301 GET | PUT 302 GET | DELETE 301 GET | POST 307 POST
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 aiohttp==3.14.5
npm install --silent --no-audit --no-fund --prefix "$work" axios@1.21.1 got@14.6.6 superagent@10.4.2 >/dev/null
cat >"$work/ask.mjs" <<'PROGRAM'
import axios from "axios";
import got from "got";
import superagent from "superagent";

const [client, url] = process.argv.slice(2);
const headers = { "Content-Type": "application/json", "Idempotency-Key": "1" };
const body = '{"coupon": "A"}';
const ask = {
  axios: async (method, url) => (await axios.request({ url, method, headers, data: body })).data,
  got: async (method, url) => JSON.parse((await got(url, { method, headers, body })).body),
  superagent: async (method, url) => (await superagent(method, url).set(headers).send(body)).body,
};
const told = [];
for (const [method, status] of JSON.parse(process.argv[4])) told.push(await ask[client](method, `${url}/${status}`));
console.log(JSON.stringify(told));
PROGRAM
cat >"$work/program.py" <<'PROGRAM'
import asyncio
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import httpx
import requests
import urllib3

ASKED = [("POST", 301), ("PUT", 301), ("PUT", 302), ("DELETE", 301), ("POST", 307)]
HEADERS = {"Content-Type": "application/json", "Idempotency-Key": "1"}
BODY = '{"coupon": "A"}'


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        redirects = self.path != "/moved"
        self.send_response(int(self.path[1:]) if redirects else 200)
        if redirects:
            self.send_header("Location", "/moved")
        told = b"" if redirects else json.dumps([self.command, sent == BODY, self.headers["Idempotency-Key"]]).encode()
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, *_):
        pass


def with_aiohttp(method, url):
    async def call():
        async with aiohttp.ClientSession() as session, session.request(method, url, data=BODY, headers=HEADERS) as answer:
            return await answer.json()

    return asyncio.run(call())


def with_node(client):
    done = subprocess.run(["node", "ask.mjs", client, url, json.dumps(ASKED)], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


service = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=service.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{service.server_port}"
python = {
    "requests": lambda method, url: requests.request(method, url, data=BODY, headers=HEADERS, timeout=10).json(),
    "urllib3": lambda method, url: urllib3.request(method, url, body=BODY, headers=HEADERS).json(),
    "httpx": lambda method, url: httpx.request(method, url, content=BODY, headers=HEADERS, follow_redirects=True).json(),
    "aiohttp": with_aiohttp,
}
for name in (*python, "axios", "got", "superagent"):
    told = [python[name](method, f"{url}/{status}") for method, status in ASKED] if name in python else with_node(name)
    parts = []
    for (method, status), (arrived, whole, key) in zip(ASKED, told, strict=True):
        assert key == "1"
        parts.append(f"{method} {status} {arrived}" + ("" if whole or arrived == "GET" else " without body"))
    print(name, *parts, sep=" | ")
PROGRAM
cd "$work"
env/bin/python program.py >seen
if ! diff <(echo "$expected") seen; then
  echo "client-redirected-put: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
