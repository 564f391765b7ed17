#!/usr/bin/env bash
# The HAR that Schemathesis writes keeps the first of an answer's repeated headers and calls all time receiving; its VCR file is not vcrpy's.
# Packages: schemathesis 4.32.5, vcrpy 9.4.2 from PyPI
# Expected: HAR lists every header, its VCR beside it too; wait holds the time until the first byte; a Python tool's VCR cassette is one that
#   vcrpy replays.
# Happens: of two Warning headers the HAR has one, the VCR file both. send and wait are 0 and receive is the whole time. The cassette
#   has http_interactions with base64 or string bodies (Ruby's VCR), and vcrpy ends in KeyError: 'interactions'.
# Matters: judging a HAR misses what the second header said; a waterfall made from it blames the network, not the service.
# Output seen:
#> HAR warnings: ['199 - first']
#> VCR warnings: ['199 - first', '199 - second']
#> HAR send 0 wait 0 receive is the whole time: True
#> vcrpy: KeyError 'interactions'
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check schemathesis==4.32.5 vcrpy==9.4.2
cat >"$work/program.py" <<'PROGRAM'
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading

import yaml
from vcr.cassette import Cassette

work = pathlib.Path(sys.argv[1])


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        for name, value in (("Content-Type", "application/json"), ("Warning", "199 - first"), ("Warning", "199 - second"), ("Content-Length", "2")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
answers = {"200": {"description": "ok", "content": {"application/json": {"schema": {"type": "object"}}}}}
contract = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/points": {"get": {"responses": answers}}}}
(work / "contract.json").write_text(json.dumps(contract))
command = [pathlib.Path(sys.executable).parent / "st", "run", work / "contract.json", "--url", f"http://127.0.0.1:{server.server_port}"]
command += ["--seed=1", "--phases=fuzzing", "--max-examples=1", "--report=har,vcr", f"--report-dir={work}/reports"]
subprocess.run(command, cwd=work, capture_output=True, timeout=300, env={**os.environ, "NO_COLOR": "1"})
har, cassette = (next((work / "reports").glob(f"{form}-*")) for form in ("har", "vcr"))
entry = json.loads(har.read_text())["log"]["entries"][0]
headers = yaml.safe_load(cassette.read_text())["http_interactions"][0]["response"]["headers"]
print("HAR warnings:", [h["value"] for h in entry["response"]["headers"] if h["name"].lower() == "warning"])
print("VCR warnings:", next(values for name, values in headers.items() if name.lower() == "warning"))
timings = entry["timings"]
print("HAR send", timings["send"], "wait", timings["wait"], "receive is the whole time:", timings["receive"] == entry["time"])
try:
    print("vcrpy reads", len(Cassette.load(path=str(cassette))), "interactions")
except KeyError as error:
    print("vcrpy: KeyError", error)
PROGRAM
"$work/env/bin/python" "$work/program.py" "$work" >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "recording-schemathesis-har: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
