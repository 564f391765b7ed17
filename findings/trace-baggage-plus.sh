#!/usr/bin/env bash
# A value in W3C baggage changes on its way through OpenTelemetry for Python: a plus becomes a space, a property becomes value.
# Packages: opentelemetry-api 1.45.2 from PyPI; @opentelemetry/core 2.12.1, @opentelemetry/api 1.9.1 from npm
# Expected: baggage is percent-encoded (no form encoding), so store=A+1 stays A+1; store=A;visible=1 is the value A with a property.
# Happens: Python decodes as a form does: A+1 arrives as "A 1". A space it writes as +, which JavaScript reads as a plus. A property is
#   taken into the value and sent on percent-encoded, so behind Python the value is "A;visible=1" for everybody.
# Matters: an id of a store, offer or test run with a plus in it (base64, phone numbers) no longer matches behind one Python service.
# Output seen:
#> store=A+1 | JavaScript reads "A+1", Python "A 1" | sent on by Python: store=A+1, JavaScript reads "A+1"
#> store=A%201 | JavaScript reads "A 1", Python "A 1" | sent on by Python: store=A+1, JavaScript reads "A+1"
#> store=A;visible=1 | JavaScript reads "A", Python "A;visible=1" | sent on by Python: store=A%3Bvisible%3D1, JavaScript reads "A;visible=1"
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check opentelemetry-api==1.45.2
npm install --silent --no-audit --no-fund --prefix "$work" @opentelemetry/core@2.12.1 @opentelemetry/api@1.9.1 >/dev/null
cat >"$work/program.py" <<'PROGRAM'
import json
import sys

from opentelemetry import baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator

propagator = W3CBaggagePropagator()
for sent in ("store=A+1", "store=A%201", "store=A;visible=1"):
    context, out = propagator.extract({"baggage": sent}), {}
    propagator.inject(out, context=context)
    print(json.dumps([sent, baggage.get_baggage("store", context), out["baggage"]]))
PROGRAM
"$work/env/bin/python" "$work/program.py" >"$work/passed"
cat >"$work/program.js" <<'PROGRAM'
const { W3CBaggagePropagator } = require("@opentelemetry/core");
const { propagation, ROOT_CONTEXT, defaultTextMapGetter } = require("@opentelemetry/api");
const read = (baggage) =>
  propagation.getBaggage(new W3CBaggagePropagator().extract(ROOT_CONTEXT, { baggage }, defaultTextMapGetter)).getEntry("store").value;
for (const line of require("fs").readFileSync(__dirname + "/passed", "utf8").trim().split("\n")) {
  const [sent, python, passedOn] = JSON.parse(line);
  console.log(`${sent} | JavaScript reads "${read(sent)}", Python "${python}" | sent on by Python: ${passedOn}, JavaScript reads "${read(passedOn)}"`);
}
PROGRAM
node "$work/program.js" >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "trace-baggage-plus: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
