#!/usr/bin/env bash
# Told to come back in one hour, urllib3 sleeps for that hour though nobody asked it to repeat anything; superagent and ofetch ask again at once.
# Packages: axios 1.21.1 with axios-retry 4.5.0, superagent 10.4.2, ofetch 1.5.1, got 14.6.6, ky 1.14.3, undici 7.30.2 from npm;
#   urllib3 2.8.0, requests 2.34.2, httpx 0.28.1 with httpx-retries 0.6.0, aiohttp 3.14.5 with aiohttp-retry 2.9.1 from PyPI
# Expected: Retry-After is honoured by whoever repeats, up to some bound; who is not told to repeat hands the answer to its caller.
# Happens: below, what becomes of a GET that is answered with 429 or 503 and Retry-After: 3600, within three seconds. "urllib3 as it comes" has no
#   option set; requests repeats (and so sleeps) with max_retries, which otherwise is about connections only. superagent and ofetch never
#   look at the header, nor does aiohttp-retry, which leaves 429 alone.
# Matters: the till stands still for as long as a server, or a gateway before it, says; or it goes on knocking at a service that is to recover.
# Output seen:
#> axios-retry, 2 repetitions: 429 still waiting after 1 call, 503 still waiting after 1 call
#> superagent, 2 repetitions: 429 ended after 3 calls, 503 ended after 3 calls
#> ofetch, 2 repetitions: 429 ended after 3 calls, 503 ended after 3 calls
#> got, 2 repetitions: 429 still waiting after 1 call, 503 still waiting after 1 call
#> ky, 2 repetitions: 429 still waiting after 1 call, 503 still waiting after 1 call
#> undici, 2 repetitions: 429 still waiting after 1 call, 503 still waiting after 1 call
#> urllib3, as it comes: 429 still waiting after 1 call, 503 still waiting after 1 call
#> requests, as it comes: 429 ended after 1 call, 503 ended after 1 call
#> requests, max_retries 2: 429 still waiting after 1 call, 503 still waiting after 1 call
#> httpx-retries, 2 repetitions: 429 still waiting after 1 call, 503 still waiting after 1 call
#> aiohttp-retry, 2 repetitions: 429 ended after 1 call, 503 ended after 3 calls
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check \
  aiohttp==3.14.5 aiohttp-retry==2.9.1 httpx==0.28.1 httpx-retries==0.6.0 requests==2.34.2 urllib3==2.8.0
npm install --silent --no-audit --no-fund --prefix "$work" \
  axios@1.21.1 axios-retry@4.5.0 superagent@10.4.2 ofetch@1.5.1 got@14.6.6 ky@1.14.3 undici@7.30.2 >/dev/null
cd "$work"
cat >server.py <<'PROGRAM'
import http.server
import json

calls = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        body = json.dumps(calls.get(self.path.removeprefix("/calls"), 0)).encode()
        if self.path.startswith("/calls"):
            self.send_response(200)
        else:
            calls[self.path] = calls.get(self.path, 0) + 1
            self.send_response(int(self.path[-3:]))
            self.send_header("Retry-After", "3600")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PROGRAM
cat >by_js.mjs <<'PROGRAM'
import axios from "axios";
import axiosRetry from "axios-retry";
import got from "got";
import ky from "ky";
import { ofetch } from "ofetch";
import superagent from "superagent";
import { Agent, request, RetryAgent } from "undici";

const base = `http://127.0.0.1:${process.argv[2]}`;
const repeating = axios.create();
axiosRetry(repeating, { retries: 2 });
const clients = {
  "axios-retry": (url) => repeating.get(url),
  superagent: (url) => superagent.get(url).retry(2),
  ofetch: (url) => ofetch(url, { retry: 2 }),
  got: (url) => got(url, { retry: { limit: 2 } }),
  ky: (url) => ky(url, { retry: 2 }),
  undici: (url) => request(url, { dispatcher: new RetryAgent(new Agent(), { maxRetries: 2 }) }),
};
for (const [name, call] of Object.entries(clients)) {
  const told = [];
  for (const status of [429, 503]) {
    const path = `/${name}/${status}`;
    const ended = call(base + path).then(() => "ended", () => "ended");
    const outcome = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 3000, "still waiting"))]);
    const calls = await (await fetch(`${base}/calls${path}`)).json();
    told.push(`${status} ${outcome} after ${calls} call${calls === 1 ? "" : "s"}`);
  }
  console.log(`${name}, 2 repetitions: ${told.join(", ")}`);
}
process.exit(0);
PROGRAM
cat >by_python.py <<'PROGRAM'
import asyncio
import contextlib
import os
import sys
import threading
import urllib.request

import aiohttp_retry
import httpx
import httpx_retries
import requests
import requests.adapters
import urllib3

base = f"http://127.0.0.1:{sys.argv[1]}"


async def by_aiohttp(url):
    async with aiohttp_retry.RetryClient(retry_options=aiohttp_retry.ExponentialRetry(attempts=3)) as client:
        async with client.get(url):
            pass


def by_httpx(url):
    with httpx.Client(transport=httpx_retries.RetryTransport(retry=httpx_retries.Retry(total=2))) as client:
        client.get(url)


def by_requests(url):
    with requests.Session() as session:
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=2))
        session.get(url)


clients = {
    "urllib3, as it comes": lambda url: urllib3.PoolManager().request("GET", url),
    "requests, as it comes": requests.get,
    "requests, max_retries 2": by_requests,
    "httpx-retries, 2 repetitions": by_httpx,
    "aiohttp-retry, 2 repetitions": lambda url: asyncio.run(by_aiohttp(url)),
}
for number, (name, call) in enumerate(clients.items()):
    told = []
    for status in (429, 503):
        path = f"/python-{number}/{status}"

        def run(call=call, path=path):
            with contextlib.suppress(Exception):
                call(base + path)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(3)
        calls = int(urllib.request.urlopen(f"{base}/calls{path}").read())
        told.append(f"{status} {'still waiting' if thread.is_alive() else 'ended'} after {calls} call{'s' if calls > 1 else ''}")
    print(f"{name}:", ", ".join(told), flush=True)
os._exit(0)
PROGRAM
env/bin/python server.py >port 2>log &
server=$!
trap 'kill "$server"; wait "$server" || true; rm -rf "$work"' EXIT
for _ in $(seq 120); do test -s port && break || sleep 0.5; done
node by_js.mjs "$(cat port)" >seen
env/bin/python by_python.py "$(cat port)" >>seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "client-retry-after: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
