#!/usr/bin/env bash
# httpx gives the first part of an answer that is packed in two gzip members, without an error, and x-gzip stays packed for four of six clients.
# Packages: httpx 0.28.1, requests 2.34.2, aiohttp 3.14.5 from PyPI; axios 1.21.1, got 14.6.6, superagent 10.4.2 from npm
# Expected: a gzip stream is any number of members one after another (RFC 1952), x-gzip is gzip (RFC 9110), and a stream that ends before its end is
#   an error.
# Happens: httpx stops behind the first member and returns 200 with half of the text; the others read on. httpx, aiohttp, got and superagent return the
#   packed bytes of x-gzip as the body. Of a stream that is cut off, where the end of the connection ends the body, only got
#   tells; the others return what there is.
# Matters: a service or gateway that joins packed parts loses the end of each receipt for some clients, and the status is 200.
# Output seen:
#> httpx: two members "[1, 2," | x-gzip packed | cut off taken
#> requests: two members "[1, 2, 3]" | x-gzip "[1, 2, 3]" | cut off taken
#> aiohttp: two members "[1, 2, 3]" | x-gzip packed | cut off taken
#> axios: two members "[1, 2, 3]" | x-gzip "[1, 2, 3]" | cut off taken
#> got: two members "[1, 2, 3]" | x-gzip packed | cut off refused
#> superagent: two members "[1, 2, 3]" | x-gzip packed | cut off taken
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1 requests==2.34.2 aiohttp==3.14.5
npm install --silent --no-audit --no-fund --prefix "$work" axios@1.21.1 got@14.6.6 superagent@10.4.2 >/dev/null
cat >"$work/ask.mjs" <<'PROGRAM'
import axios from "axios";
import got from "got";
import superagent from "superagent";

const ask = {
  axios: async (url) => (await axios.get(url, { responseType: "text" })).data,
  got: async (url) => (await got(url, { retry: { limit: 0 } })).body,
  superagent: async (url) => (await superagent.get(url).buffer(true)).text,
};
const [client, url] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await ask[client](url)));
PROGRAM
cat >"$work/program.py" <<'PROGRAM'
import asyncio
import gzip
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import httpx
import requests

WHOLE = gzip.compress(b"[1, 2, 3]", mtime=0)
BODIES = {
    "/two": ("gzip", gzip.compress(b"[1, 2,", mtime=0) + gzip.compress(b" 3]", mtime=0), True),
    "/x-gzip": ("x-gzip", WHOLE, True),
    "/cut": ("gzip", WHOLE[:-6], False),
}


class Service(BaseHTTPRequestHandler):
    def do_GET(self):
        coding, body, with_length = BODIES[self.path]
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Encoding", coding)
        if with_length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def with_aiohttp(url):
    async def call():
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return await answer.text(errors="replace")

    return asyncio.run(call())


def with_node(client):
    def call(url):
        done = subprocess.run(["node", "ask.mjs", client, url], capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise OSError(done.stderr)
        return json.loads(done.stdout)

    return call


service = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=service.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{service.server_port}"
clients = {
    "httpx": lambda url: httpx.get(url).text, "requests": lambda url: requests.get(url, timeout=10).text, "aiohttp": with_aiohttp,
    "axios": with_node("axios"), "got": with_node("got"), "superagent": with_node("superagent"),
}
for name, ask in clients.items():
    texts = [ask(url + path) for path in ("/two", "/x-gzip")]
    words = [json.dumps(text) if text.startswith("[") else "packed" for text in texts]
    try:
        ask(f"{url}/cut")
        cut = "taken"
    except (OSError, httpx.HTTPError, aiohttp.ClientError):
        cut = "refused"
    print(f"{name}: two members {words[0]} | x-gzip {words[1]} | cut off {cut}")
PROGRAM
cd "$work"
env/bin/python program.py >seen
if ! diff <(echo "$expected") seen; then
  echo "client-gzip-members: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
