#!/usr/bin/env bash
# Pact accepts the text "true" for a boolean, 26-02-03 for the date yyyy-MM-dd, a number for a pattern of a text, and no item for each_like.
# Packages: pact-python 4.2.0, requests 2.34.2 from PyPI
# Expected: a boolean is true or false; yyyy-MM-dd has four, two and two digits and HH:mm two and two; a value with a pattern is a text, as its
#   example is; includes asks for a text; each_like wants at least one item, as eachLike of Pact for JavaScript does.
# Happens: a provider that answers otherwise is verified, as shown. What Pact refuses is a whole price: 0 and 20 are no decimal, and 20.0 or 2e1 no
#   integer. A date that does not exist and a longer number than the pattern's are refused.
# Matters: a verified provider may send a year 26, a card number without its zeros and no offers at all, and a free item fails.
# Output seen:
#> boolean(True) | accepts "true", false | refuses 1, null
#> date("2026-02-03", "%Y-%m-%d") | accepts "26-02-03", "2026-2-3" | refuses "2026-02-30", "2026-02-03T00:00:00"
#> time("10:00", "%H:%M") | accepts "9:05" | refuses "24:00", "09:05:00"
#> regex("0018123", "\d{7}") | accepts 1234567 | refuses "00181234", "x0018123", 18123
#> includes("PROMO") | accepts "PROMO-1", ["PROMO"] | refuses 123
#> each_like({"id": 1}) | accepts [], [{"id": 2, "more": 0}] | refuses [{"id": "2"}], [{"more": 0}]
#> decimal(19.9) | accepts 20.0, 1e3, 19.95 | refuses 20, 0, "19.95"
#> integer(20) | accepts -1 | refuses 20.0, 2e1, "20"
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check pact-python==4.2.0 requests==2.34.2
cat >"$work/program.py" <<'PROGRAM'
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests
from pact import Pact, Verifier, match

answer = b""


class Provider(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def verified(pact, url):
    try:
        Verifier("offers", host="127.0.0.1").add_source(str(pact)).add_transport(url=url).verify()
    except RuntimeError:
        return False
    return True


def told(label, matcher, *values):
    """Write the contract of a consumer that reads value, and verify a provider with each of the values."""
    global answer
    pact = Pact("till", "offers").with_specification("V4")
    wanted = pact.upon_receiving("a question").with_request("GET", "/value").will_respond_with(200)
    wanted.with_body({"value": matcher}, "application/json")
    with pact.serve() as mock:
        requests.get(f"{mock.url}/value", timeout=10).raise_for_status()
    folder = Path("pacts") / str(len(seen))
    folder.mkdir(parents=True)
    pact.write_file(folder)
    accepted, refused = [], []
    for value in values:
        answer = b'{"value": %s}' % value.encode()
        (accepted if verified(next(folder.glob("*.json")), url) else refused).append(value)
    seen.append(f"{label} | accepts {', '.join(accepted)} | refuses {', '.join(refused)}")


seen = []
provider = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=provider.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{provider.server_port}"
told("boolean(True)", match.boolean(True), '"true"', "false", "1", "null")
day = ("2026-02-03", "%Y-%m-%d")
told('date("2026-02-03", "%Y-%m-%d")', match.date(*day), '"26-02-03"', '"2026-2-3"', '"2026-02-30"', '"2026-02-03T00:00:00"')
told('time("10:00", "%H:%M")', match.time("10:00", "%H:%M"), '"9:05"', '"24:00"', '"09:05:00"')
told(r'regex("0018123", "\d{7}")', match.regex("0018123", regex=r"\d{7}"), "1234567", '"00181234"', '"x0018123"', "18123")
told('includes("PROMO")', match.includes("PROMO"), '"PROMO-1"', '["PROMO"]', "123")
items = ("[]", '[{"id": 2, "more": 0}]', '[{"id": "2"}]', '[{"more": 0}]')
told('each_like({"id": 1})', match.each_like({"id": 1}), *items)
told("decimal(19.9)", match.decimal(19.9), "20.0", "1e3", "19.95", "20", "0", '"19.95"')
told("integer(20)", match.integer(20), "-1", "20.0", "2e1", '"20"')
Path("seen").write_text("\n".join(seen) + "\n")
PROGRAM
cd "$work"
PACT_DO_NOT_TRACK=true env/bin/python -W ignore program.py >log 2>&1 || { tail -20 log >&2; exit 1; }
if ! diff <(echo "$expected") seen; then
  echo "contract-pact-matchers: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
