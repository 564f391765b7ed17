#!/usr/bin/env bash
# A HAR from mitmproxy is invalid as a whole for har-validator, haralyzer and msgspec once one call had no answer or one request was binary.
# Packages: mitmproxy 11.0.2, haralyzer 2.4.0, msgspec 0.23.0 from PyPI; har-validator 5.1.5 from npm
# Expected: a call without an answer has status 0 and an empty content with size and mimeType; bytes that are no text are in base64, or left out.
# Happens: the answer's content is {} then, which the HAR schema refuses; haralyzer raises KeyError on each filter by type. A request body that is no
#   UTF-8 is written with lone surrogates ("\udcff"): legal for Python's json, refused by msgspec, and not writable as UTF-8 again.
#   Bodies of answers are in base64, as they should be.
# Matters: a recording of a busy till always has a call that timed out; one of thousands makes the file unreadable.
# Output seen:
#> plain: haralyzer: 1 of type json | msgspec: reads it | har-validator: valid
#> unanswered: haralyzer: KeyError 'mimeType' | msgspec: reads it | har-validator: should have required property 'size', should have required property 'mimeType'
#> binary: haralyzer: 1 of type json | msgspec: JSON is malformed: invalid utf-16 surrogate pair | har-validator: valid
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
python3 -m venv "$work/readers"
"$work/env/bin/pip" install --quiet --disable-pip-version-check mitmproxy==11.0.2
"$work/readers/bin/pip" install --quiet --disable-pip-version-check haralyzer==2.4.0 msgspec==0.23.0
npm install --silent --no-audit --no-fund --prefix "$work" har-validator@5.1.5 >/dev/null
cd "$work"
env/bin/python - <<'PROGRAM'
import json

from mitmproxy import http
from mitmproxy.addons.savehar import SaveHar
from mitmproxy.test import taddons, tflow


def call(body, answered):
    flow = tflow.tflow(resp=answered)
    flow.request = http.Request.make("POST", "http://till.example/lock", body, {"content-type": "application/json"})
    if answered:
        flow.response = http.Response.make(200, b"{}", {"content-type": "application/json"})
    return flow


saver = SaveHar()
with taddons.context(saver):
    for name, flows in (
        ("plain", [call(b"{}", True)]),
        ("unanswered", [call(b"{}", True), call(b"{}", False)]),
        ("binary", [call(b"\xff", True)]),
    ):
        with open(f"{name}.har", "w") as file:
            json.dump(saver.make_har(flows), file)
PROGRAM
cat >readers.py <<'PROGRAM'
import json
import sys

import msgspec
from haralyzer import HarParser

name, text = sys.argv[1], open(sys.argv[1] + ".har").read()
try:
    found = f"{len(HarParser(json.loads(text)).pages[0].filter_entries(content_type='json'))} of type json"
except KeyError as error:
    found = f"KeyError {error}"
try:
    msgspec.json.decode(text)
    read = "reads it"
except msgspec.DecodeError as error:
    read = str(error).split(" (")[0]
print(f"{name}: haralyzer: {found} | msgspec: {read}", end=" | ")
PROGRAM
for name in plain unanswered binary; do
  readers/bin/python readers.py "$name"
  node -e 'require("har-validator").har(JSON.parse(require("fs").readFileSync(process.argv[1] + ".har", "utf8"))).then(
    () => console.log("har-validator: valid"),
    (error) => console.log("har-validator:", error.errors.map((e) => e.message).join(", ")))' "$name"
done >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "recording-mitmproxy-har: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
