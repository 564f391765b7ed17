#!/usr/bin/env bash
# A POST that got no answer is sent three times by axios-retry as it comes, and one that was refused with 503 by aiohttp-retry, not the other way round.
# Packages: axios 1.21.1 with axios-retry 4.5.0, superagent 10.4.2, ofetch 1.5.1, fetch-retry 6.0.0, got 14.6.6, ky 1.14.3, undici 7.30.2 from npm;
#   aiohttp-retry 2.9.1 with aiohttp 3.14.5, httpx-retries 0.6.0, urllib3 2.8.0 from PyPI
# Expected: a client that is told to try three times repeats what is safe to repeat: reads, and no POST unless the caller says so.
# Happens: asked for two repetitions and nothing else, axios-retry repeats a POST after a broken connection but not after 503, aiohttp-retry after
#   503 but no call after a broken connection (its comment says "by default on all" exceptions; the second GET is that of aiohttp itself),
#   superagent and ofetch repeat it after both, fetch-retry no answer with a status. The four others never repeat a POST.
# Matters: a redemption whose answer was lost is done three times, unless the server knows the request again.
# Output seen:
#> axios-retry: GET no-answer 3, GET 503 3, POST no-answer 3, POST 503 1
#> superagent: GET no-answer 3, GET 503 3, POST no-answer 3, POST 503 3
#> ofetch: GET no-answer 3, GET 503 3, POST no-answer 3, POST 503 3
#> fetch-retry: GET no-answer 3, GET 503 1, POST no-answer 3, POST 503 1
#> got: GET no-answer 3, GET 503 3, POST no-answer 1, POST 503 1
#> ky: GET no-answer 3, GET 503 3, POST no-answer 1, POST 503 1
#> undici: GET no-answer 3, GET 503 3, POST no-answer 1, POST 503 1
#> aiohttp-retry: GET no-answer 2, GET 503 3, POST no-answer 1, POST 503 3
#> httpx-retries: GET no-answer 3, GET 503 3, POST no-answer 1, POST 503 1
#> urllib3: GET no-answer 3, GET 503 3, POST no-answer 1, POST 503 1
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check aiohttp==3.14.5 aiohttp-retry==2.9.1 httpx==0.28.1 httpx-retries==0.6.0 urllib3==2.8.0
npm install --silent --no-audit --no-fund --prefix "$work" \
  axios@1.21.1 axios-retry@4.5.0 superagent@10.4.2 ofetch@1.5.1 fetch-retry@6.0.0 got@14.6.6 ky@1.14.3 undici@7.30.2 >/dev/null
cd "$work"
cat >server.py <<'PROGRAM'
import http.server
import json
import socket

calls = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/calls":
            status, body = 200, json.dumps(calls).encode()
        else:
            calls[self.path] = calls.get(self.path, 0) + 1
            if self.path.endswith("/no-answer"):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            status, body = 503, b"{}"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PROGRAM
cat >by_js.mjs <<'PROGRAM'
import axios from "axios";
import axiosRetry from "axios-retry";
import fetchRetry from "fetch-retry";
import got from "got";
import ky from "ky";
import { ofetch } from "ofetch";
import superagent from "superagent";
import { Agent, request, RetryAgent } from "undici";

const repeating = axios.create();
axiosRetry(repeating, { retries: 2 });
const fetchAgain = fetchRetry(fetch);
const body = (method) => (method === "POST" ? '{"points": 5}' : undefined);
const clients = {
  "axios-retry": (url, method) => repeating.request({ url, method, data: body(method) }),
  superagent: (url, method) => superagent(method, url).retry(2).send(body(method)),
  ofetch: (url, method) => ofetch(url, { method, body: body(method), retry: 2 }),
  "fetch-retry": (url, method) => fetchAgain(url, { method, body: body(method), retries: 2 }),
  got: (url, method) => got(url, { method, body: body(method), retry: { limit: 2 } }),
  ky: (url, method) => ky(url, { method, body: body(method), retry: 2 }),
  undici: (url, method) => request(url, { method, body: body(method), dispatcher: new RetryAgent(new Agent(), { maxRetries: 2 }) }),
};
for (const [name, call] of Object.entries(clients)) {
  for (const method of ["GET", "POST"]) {
    for (const what of ["no-answer", "503"]) {
      await call(`http://127.0.0.1:${process.argv[2]}/${name}/${method}/${what}`, method).catch(() => {});
    }
  }
}
process.exit(0);
PROGRAM
cat >by_python.py <<'PROGRAM'
import asyncio
import contextlib
import json
import sys
import urllib.request

import aiohttp_retry
import httpx
import httpx_retries
import urllib3

base = f"http://127.0.0.1:{sys.argv[1]}"


async def by_aiohttp(url, method):
    async with aiohttp_retry.RetryClient(retry_options=aiohttp_retry.ExponentialRetry(attempts=3)) as client:
        async with client.request(method, url):
            pass


def by_httpx(url, method):
    with httpx.Client(transport=httpx_retries.RetryTransport(retry=httpx_retries.Retry(total=2))) as client:
        client.request(method, url)


def by_urllib3(url, method):
    urllib3.PoolManager(retries=urllib3.Retry(total=2, status_forcelist=[503])).request(method, url)


clients = {"aiohttp-retry": lambda *call: asyncio.run(by_aiohttp(*call)), "httpx-retries": by_httpx, "urllib3": by_urllib3}
for name, call in clients.items():
    for method in ("GET", "POST"):
        for what in ("no-answer", "503"):
            with contextlib.suppress(Exception):
                call(f"{base}/{name}/{method}/{what}", method)
calls = json.load(urllib.request.urlopen(base + "/calls"))
for name in dict.fromkeys(path.split("/")[1] for path in calls):
    sent = [f"{method} {what} {calls[f'/{name}/{method}/{what}']}" for method in ("GET", "POST") for what in ("no-answer", "503")]
    print(f"{name}:", ", ".join(sent))
PROGRAM
env/bin/python server.py >port 2>log &
server=$!
trap 'kill "$server"; wait "$server" || true; rm -rf "$work"' EXIT
for _ in $(seq 120); do test -s port && break || sleep 0.5; done
node by_js.mjs "$(cat port)"
env/bin/python by_python.py "$(cat port)" >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "client-post-sent-again: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
