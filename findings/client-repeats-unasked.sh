#!/usr/bin/env bash
# requests sends a GET four times that the service took and hung up on, which its manual says it never does, and aiohttp sends one twice unasked.
# Packages: requests 2.34.2, aiohttp 3.14.5 from PyPI
# Expected: HTTPAdapter(max_retries=3) of requests counts only failed look-ups and connections, never requests where data has made it to the server,
#   as its docstring says. aiohttp, which has no such option, asks once.
# Happens: a GET that was hung up on is repeated, and one that was answered 503 with Retry-After too, whose second it waits each time; without the
#   header 503 is the answer. aiohttp sends a GET without an answer once more, over a new connection. Neither repeats a POST.
# Matters: a load run counts one slow success for four refusals, and the service is told off for requests that nobody counted.
# Output seen:
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
cat >"$work/program.py" <<'PROGRAM'
import asyncio
import contextlib
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
