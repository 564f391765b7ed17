#!/usr/bin/env bash
# Recorded anew by betamax, two sales to one address are one: the first is overwritten by the second, and its replay gets the second one's answer.
# Packages: betamax 0.9.0, vcrpy 9.4.2, requests 2.34.2 from PyPI
# Expected: a recording has as many calls as were made, in their order, and replays each of them once, whatever the mode it was recorded in.
# Happens: in the mode "all" betamax replaces what matches, and by default a POST matches by its address alone: of two sales only the last stays, and so of
#   two equal reads. In the mode "once" it keeps both. Neither betamax nor vcrpy looks at the body: a sale that was never recorded gets the next
#   answer. In the mode "new_episodes" a read that is repeated too often is asked of the server again.
# Matters: a test of a till that redeems two offers fails after its recordings were renewed, or passes with the wrong answer.
# Output seen:
#> betamax, mode once
#>   recorded, two reads and the sales 1 and 2: 1, 2, 3, 4
#>   replayed: 1, 2, 3, 4
#>   sale 2 alone: 3
#>   sale 3: 3
#>   new_episodes, four reads: 1, 2, 5, 5
#> betamax, mode all
#>   recorded, two reads and the sales 1 and 2: 1, 2, 3, 4
#>   replayed: 2, BetamaxError, 4, BetamaxError
#>   sale 2 alone: 4
#>   sale 3: 4
#>   new_episodes, four reads: 2, 5, 5, 6
#> vcrpy, mode once
#>   recorded, two reads and the sales 1 and 2: 1, 2, 3, 4
#>   replayed: 1, 2, 3, 4
#>   sale 2 alone: 3
#>   sale 3: 3
#>   new_episodes, four reads: 1, 2, 5, 5
#> vcrpy, mode all
#>   recorded, two reads and the sales 1 and 2: 1, 2, 3, 4
#>   replayed: 1, 2, 3, 4
#>   sale 2 alone: 3
#>   sale 3: 3
#>   new_episodes, four reads: 1, 2, 5, 5
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check betamax==0.9.0 vcrpy==9.4.2 requests==2.34.2
cd "$work"
env/bin/python - >seen <<'PROGRAM'
import http.server
import itertools
import threading

import betamax
import requests
import vcr

numbers = itertools.count(1)


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = str(next(numbers)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"
RECORDED = [("GET", "/offers", None), ("GET", "/offers", None), ("POST", "/sale", {"id": 1}), ("POST", "/sale", {"id": 2})]


def calls(session, wanted):
    answers = []
    for method, path, body in wanted:
        try:
            answers.append(session.request(method, base + path, json=body).text)
        except Exception as error:
            answers.append(type(error).__name__)
    return ", ".join(answers)


def by_betamax(name, mode, wanted):
    session = requests.Session()
    with betamax.Betamax(session, cassette_library_dir=".").use_cassette(f"betamax-{name}", record=mode):
        return calls(session, wanted)


def by_vcrpy(name, mode, wanted):
    with vcr.use_cassette(f"vcrpy-{name}.yaml", record_mode=mode):
        return calls(requests.Session(), wanted)


for library in (by_betamax, by_vcrpy):
    for mode in ("once", "all"):
        numbers = itertools.count(1)
        print(f"{library.__name__[3:]}, mode {mode}")
        print("  recorded, two reads and the sales 1 and 2:", library(mode, mode, RECORDED))
        print("  replayed:", library(mode, "none", RECORDED))
        print("  sale 2 alone:", library(mode, "none", RECORDED[3:]))
        print("  sale 3:", library(mode, "none", [("POST", "/sale", {"id": 3})]))
        print("  new_episodes, four reads:", library(mode, "new_episodes", RECORDED[:1] * 4))
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "recording-betamax-equal-calls: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
