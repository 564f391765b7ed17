#!/usr/bin/env bash
# A POST that got no answer is sent four times by axios-retry, and requests repeats what its manual says it never does.
# Packages: requests 2.34.2, aiohttp 3.14.5 from PyPI; axios 1.21.1, axios-retry 4.5.0 from npm
# Expected: axios-retry leaves a POST alone, as it does when the answer is 503. HTTPAdapter(max_retries=3) of requests counts only failed look-ups
#   and connections, "never" requests where data has made it to the server, as its docstring says. aiohttp asks once.
# Happens: axios-retry by default repeats a request of any method when the service took it and hung up. The adapter of requests repeats a GET that
#   was hung up on and one that was answered 503 with Retry-After, whose second it waits each time. aiohttp, with no retries asked for, sends a GET
#   without an answer once more, over a new connection.
# Matters: a coupon is redeemed up to four times where the till saw one error, and a load run counts one slow success for four refusals.
# Output seen:
#> axios-retry, POST, hung up on: service saw 4
#> axios-retry, POST, 503: service saw 1
#> requests, GET, hung up on: service saw 4
#> requests, POST, hung up on: service saw 1
#> requests, GET, 503 with Retry-After 1: service saw 4, after 3 s
#> requests, GET, 503: service saw 1, after 0 s
#> aiohttp, GET, hung up on: service saw 2
#> aiohttp, POST, hung up on: service saw 1
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2 aiohttp==3.14.5
npm install --silent --no-audit --no-fund --prefix "$work" axios@1.21.1 axios-retry@4.5.0 >/dev/null
cat >"$work/program.js" <<'PROGRAM'
const axios = require("axios");
const retry = require("axios-retry").default;

const client = axios.create();
retry(client, { retries: 3 });
client.post(process.argv[2], { coupon: "A-1" }).catch(() => {});
PROGRAM
cat >"$work/program.py" <<'PROGRAM'
import asyncio
import contextlib
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import aiohttp
import requests

seen = []


class Service(BaseHTTPRequestHandler):
    def do_GET(self):
        seen.append(self.path)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/hangs-up":
            self.send_response(503)
            self.send_header("Content-Length", "0")
            if self.path == "/later":
                self.send_header("Retry-After", "1")
            self.end_headers()

    do_POST = do_GET

    def log_message(self, *_):
        pass


def told(label, call, times=False):
    seen.clear()
    begin = time.monotonic()
    with contextlib.suppress(OSError, aiohttp.ClientError):
        call()
    print(f"{label}: service saw {len(seen)}" + (f", after {time.monotonic() - begin:.0f} s" if times else ""))


def node(path):
    return lambda: subprocess.run(["node", "program.js", url + path], check=True, timeout=60)


def with_requests(method, path):
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(max_retries=3))
    return lambda: session.request(method, url + path)


def with_aiohttp(method, path):
    async def call():
        async with aiohttp.ClientSession() as session, session.request(method, url + path):
            pass

    return lambda: asyncio.run(call())


service = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=service.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{service.server_port}"
told("axios-retry, POST, hung up on", node("/hangs-up"))
told("axios-retry, POST, 503", node("/refuses"))
told("requests, GET, hung up on", with_requests("GET", "/hangs-up"))
told("requests, POST, hung up on", with_requests("POST", "/hangs-up"))
told("requests, GET, 503 with Retry-After 1", with_requests("GET", "/later"), times=True)
told("requests, GET, 503", with_requests("GET", "/refuses"), times=True)
told("aiohttp, GET, hung up on", with_aiohttp("GET", "/hangs-up"))
told("aiohttp, POST, hung up on", with_aiohttp("POST", "/hangs-up"))
PROGRAM
cd "$work"
env/bin/python program.py >seen
if ! diff <(echo "$expected") seen; then
  echo "client-repeats-unasked: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
