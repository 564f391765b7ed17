#!/usr/bin/env bash
# Requests-cache answers a POST of ["unlock", "lock"] with the stored answer to ["lock", "unlock"], and max-age=0 with an old answer.
# Packages: requests-cache 1.3.3, requests 2.34.2 from PyPI
# Expected: with POST allowed, another order in a JSON array is another request; a request with max-age=0 goes to the service.
# Happens: a JSON array of texts or numbers at the root of a body is sorted before it becomes the key, and so are the letters of a JSON text; an
#   array inside an object or of objects is not. A repeated query parameter is sorted too. Of a request's Cache-Control, no-cache is obeyed and
#   max-age is not, with cache_control=True either.
# Matters: a test behind the cache does not notice that a service answers by order, and judges an answer to a call that was never made.
# Output seen:
#> ["lock", "unlock"] then ["unlock", "lock"]: from the cache
#> [7, 5] then [5, 7]: from the cache
#> "12" then "21": from the cache
#> {"ids": [7, 5]} then {"ids": [5, 7]}: asked
#> [{"id": 7}, {"id": 5}] then [{"id": 5}, {"id": 7}]: asked
#> ?id=7&id=5 then ?id=5&id=7: from the cache
#> again with max-age=0: from the cache
#> again with no-cache: asked
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check requests-cache==1.3.3 requests==2.34.2
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from requests_cache import CachedSession


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_GET

    def log_message(self, *_):
        pass


def told(answer):
    return "from the cache" if answer.from_cache else "asked"


service = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=service.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{service.server_port}"
session = CachedSession(backend="memory", cache_control=True, allowable_methods=("GET", "POST"))
for number, (one, other) in enumerate((
    (["lock", "unlock"], ["unlock", "lock"]), ([7, 5], [5, 7]), ("12", "21"), ({"ids": [7, 5]}, {"ids": [5, 7]}),
    ([{"id": 7}, {"id": 5}], [{"id": 5}, {"id": 7}]),
)):
    session.post(f"{url}/{number}", json=one)
    print(json.dumps(one), "then", json.dumps(other) + ":", told(session.post(f"{url}/{number}", json=other)))
session.get(f"{url}/offers?id=7&id=5")
print("?id=7&id=5 then ?id=5&id=7:", told(session.get(f"{url}/offers?id=5&id=7")))
for wish in ("max-age=0", "no-cache"):
    print(f"again with {wish}:", told(session.get(f"{url}/offers?id=7&id=5", headers={"Cache-Control": wish})))
service.shutdown()
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "recording-cached-post: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
