#!/usr/bin/env bash
# OpenTelemetry for JavaScript answers trace flags from 10 (hex) upwards with three digits, so the next service drops the trace.
# Packages: @opentelemetry/core 2.12.1, @opentelemetry/api 1.9.1 from npm; opentelemetry-api 1.45.2 from PyPI
# Expected: a traceparent of version 00 with flags that are not known yet is taken, and passed on with two digits of flags.
# Happens: the JavaScript propagator writes a zero before the flags in hex: 01 for 1, and 0ff for ff, 011 for 11. The Python propagator
#   (like any reader of the format) finds no trace in what it wrote. Python itself passes ff on as ff.
#   A tracestate of 33 entries is cut to 32 by JavaScript and dropped whole by Python; of a doubled key JavaScript keeps the last.
# Matters: a till or gateway that sets a vendor's flag loses its trace behind the first Node.js service, without an error.
# Output seen:
#> flags 01 passed on by JavaScript as 01, then valid for Python: True
#> flags 11 passed on by JavaScript as 011, then valid for Python: False
#> flags ff passed on by JavaScript as 0ff, then valid for Python: False
#> flags 01 passed on by JavaScript as 01, then valid for Python: True; tracestate of 33: JavaScript keeps 32, Python 0
#> flags 01 passed on by JavaScript as 01, then valid for Python: True; tracestate of 2: JavaScript keeps 1, Python 0
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check opentelemetry-api==1.45.2
npm install --silent --no-audit --no-fund --prefix "$work" @opentelemetry/core@2.12.1 @opentelemetry/api@1.9.1 >/dev/null
cat >"$work/program.js" <<'PROGRAM'
const { W3CTraceContextPropagator } = require("@opentelemetry/core");
const { trace, ROOT_CONTEXT, defaultTextMapGetter, defaultTextMapSetter } = require("@opentelemetry/api");
const propagator = new W3CTraceContextPropagator();
const entries = (count) => [...Array(count).keys()].map((n) => `k${n}=1`).join(",");
for (const [flags, state] of [["01"], ["11"], ["ff"], ["01", entries(33)], ["01", "a=1,a=2"]]) {
  const carrier = { traceparent: `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`, tracestate: state };
  const out = {};
  const context = propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter);
  propagator.inject(trace.setSpanContext(ROOT_CONTEXT, trace.getSpanContext(context)), out, defaultTextMapSetter);
  console.log(JSON.stringify([carrier, out]));
}
PROGRAM
node "$work/program.js" >"$work/carriers"
"$work/env/bin/python" - "$work/carriers" >"$work/seen" <<'PROGRAM'
import json
import sys

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

propagator = TraceContextTextMapPropagator()


def context(carrier):
    return trace.get_current_span(propagator.extract(carrier)).get_span_context()


for line in open(sys.argv[1]):
    sent, passed_on = json.loads(line)
    print("flags", sent["traceparent"][53:], "passed on by JavaScript as", passed_on["traceparent"][53:], end=", ")
    print("then valid for Python:", context(passed_on).is_valid, end="")
    if "tracestate" in sent:
        kept = len(passed_on["tracestate"].split(","))
        print(f"; tracestate of {len(sent['tracestate'].split(','))}: JavaScript keeps {kept}, Python", len(context(sent).trace_state), end="")
    print()
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "trace-flags-three-digits: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
