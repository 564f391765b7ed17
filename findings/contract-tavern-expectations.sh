#!/usr/bin/env bash
# A Tavern test that expects 12:30 passes when the service answers 750, one that expects 0012 passes for 10, and one that expects 1 for true.
# Packages: tavern 3.7.1, pytest 8.4.2 from PyPI
# Expected: a test in YAML compares with what is written there: the answers "12:30" and "2026-02-03" pass, and 1 is not true, nor 0 false.
# Happens: PyYAML makes 750, 10 and a day of what is written without quotes, and Python finds 1 equal to true and to 1.0. A day fails against its own
#   text, a time of two parts too. 9007199254740993 is told apart from its neighbour, and a field that is not expected fails.
# Matters: the test of an opening hour, a day or a card number passes for a wrong answer and fails for the right one.
# Output seen:
#> opens: 12:30 | 750 passes | "12:30" fails
#> card: 0012 | 10 passes | "0012" fails | 12 fails
#> card: 0018 | "0018" passes | 18 fails
#> day: 2026-02-03 | "2026-02-03" fails
#> code: 1e3 | 1000 fails | "1e3" passes
#> closed: 1 | true passes | 1.0 passes | "1" fails
#> closed: false | 0 passes | null fails
#> id: 9007199254740993 | 9007199254740992 fails
#> shop: {id: 1} | {"id": 1, "name": "a"} fails
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check tavern==3.7.1 pytest==8.4.2
cd "$work"
cat >program.py <<'PROGRAM'
import subprocess
import sys
import threading
import xml.etree.ElementTree as ElementTree
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CASES = [
    ("opens", "12:30", ["750", '"12:30"']), ("card", "0012", ["10", '"0012"', "12"]), ("card", "0018", ['"0018"', "18"]),
    ("day", "2026-02-03", ['"2026-02-03"']), ("code", "1e3", ["1000", '"1e3"']), ("closed", "1", ["true", "1.0", '"1"']),
    ("closed", "false", ["0", "null"]), ("id", "9007199254740993", ["9007199254740992"]),
    ("shop", "{id: 1}", ['{"id": 1, "name": "a"}']),
]
ANSWERS = [(number, name, wanted, answer) for number, (name, wanted, answers) in enumerate(CASES) for answer in answers]


class Service(BaseHTTPRequestHandler):
    def do_GET(self):
        _, name, _, answer = ANSWERS[int(self.path[1:])]
        body = f'{{"{name}": {answer}}}'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


service = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=service.serve_forever, daemon=True).start()
with open("test_answers.tavern.yaml", "w") as file:
    for number, (_, name, wanted, _) in enumerate(ANSWERS):
        file.write(f"""---
test_name: answer {number}
stages:
  - name: asked
    request: {{url: "http://127.0.0.1:{service.server_port}/{number}", method: GET}}
    response: {{status_code: 200, json: {{{name}: {wanted}}}}}
""")
subprocess.run([sys.executable, "-m", "pytest", "-q", "--junitxml=report.xml"], capture_output=True, timeout=300)
passed = [not list(case) or case.find("failure") is None for case in ElementTree.parse("report.xml").iter("testcase")]
for number, (name, wanted, _) in enumerate(CASES):
    told = [f"{answer[3]} {'passes' if ok else 'fails'}" for answer, ok in zip(ANSWERS, passed, strict=True) if answer[0] == number]
    print(f"{name}: {wanted}", *told, sep=" | ")
PROGRAM
env/bin/python program.py >seen
if ! diff <(echo "$expected") seen; then
  echo "contract-tavern-expectations: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
