#!/usr/bin/env bash
# Three Prometheus exporters measure one FastAPI service otherwise: refused calls are not counted by one, a slow body or task is fast or slow.
# Packages: fastapi 0.165.0, starlette 1.10.0, uvicorn 0.54.0, httpx 0.28.1, prometheus-fastapi-instrumentator 8.1.0, starlette-exporter 0.24.0, starlette-prometheus 0.10.0,
#   prometheus-client 0.26.0 from PyPI
# Expected: eight requests are counted as eight; the duration of an answer ends with its last byte; what runs behind the answer is no part of it.
# Happens: starlette-exporter counts no request of an unknown path or method, so half of these. prometheus-fastapi-instrumentator counts a task that
#   runs after the answer as the answer's duration. starlette-prometheus measures to the first byte, gives no duration to a request that failed with
#   an exception, and keeps each unknown path as a label.
# Matters: an objective for errors or for a percentile is met or missed by the same service, depending on the line that counts.
# Output seen:
#> prometheus-fastapi-instrumentator: 8 counted, 8 with a duration, slow body slow, slow task slow, labels of unknown paths: none
#> starlette-exporter: 4 counted, 4 with a duration, slow body slow, slow task fast, labels of unknown paths: -
#> starlette-prometheus: 8 counted, 7 with a duration, slow body fast, slow task fast, labels of unknown paths: /coupons/A /coupons/B
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check fastapi==0.165.0 starlette==1.10.0 uvicorn==0.54.0 httpx==0.28.1 prometheus-client==0.26.0 \
  prometheus-fastapi-instrumentator==8.1.0 starlette-exporter==0.24.0 starlette-prometheus==0.10.0
cat >"$work/program.py" <<'PROGRAM'
import asyncio
import socket
import sys
import threading
import time

import httpx
import uvicorn
from fastapi import BackgroundTasks, FastAPI
from fastapi.responses import StreamingResponse
from prometheus_client.parser import text_string_to_metric_families

app = FastAPI()


@app.get("/offers/{number}")
async def offer(number: str):
    return {}


@app.get("/body")
async def body():
    async def parts():
        yield b"{"
        await asyncio.sleep(0.5)
        yield b"}"

    return StreamingResponse(parts())


@app.get("/task")
async def task(tasks: BackgroundTasks):
    tasks.add_task(asyncio.sleep, 0.5)
    return {}


@app.get("/fails")
async def fails():
    raise RuntimeError("on purpose")


name = sys.argv[1]
if name == "prometheus-fastapi-instrumentator":
    from prometheus_fastapi_instrumentator import Instrumentator

    Instrumentator().instrument(app).expose(app)
    counter, duration, label = "http_requests_total", "http_request_duration_seconds", "handler"
elif name == "starlette-exporter":
    from starlette_exporter import PrometheusMiddleware, handle_metrics

    app.add_middleware(PrometheusMiddleware)
    app.add_route("/metrics", handle_metrics)
    counter, duration, label = "starlette_requests_total", "starlette_request_duration_seconds", "path"
else:
    from starlette_prometheus import PrometheusMiddleware, metrics

    app.add_middleware(PrometheusMiddleware)
    app.add_route("/metrics", metrics)
    counter, duration, label = "starlette_responses_total", "starlette_requests_processing_time_seconds", "path_template"

listener = socket.create_server(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
thread.start()
with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=30) as client:
    for method, path in (
        ("GET", "/offers/1"), ("GET", "/body"), ("GET", "/task"), ("GET", "/fails"),
        ("GET", "/coupons/A"), ("GET", "/coupons/B"), ("POST", "/offers/1"), ("DELETE", "/offers/1"),
    ):
        client.request(method, path)
    time.sleep(1)
    page = client.get("/metrics").text
server.should_exit = True
thread.join()
samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples if sample.labels.get(label) != "/metrics"]
counted = sum(sample.value for sample in samples if sample.name == counter)
timed = sum(sample.value for sample in samples if sample.name == f"{duration}_count")
spent = {sample.labels[label]: sample.value for sample in samples if sample.name == f"{duration}_sum"}
words = [f"slow {what} {'slow' if spent[f'/{what}'] > 0.4 else 'fast'}" for what in ("body", "task")]
unknown = sorted({sample.labels[label] for sample in samples if sample.name == counter and sample.labels[label][:7] in ("none", "/coupon")})
print(f"{name}: {counted:.0f} counted, {timed:.0f} with a duration, {', '.join(words)}, labels of unknown paths:", " ".join(unknown) or "-")
PROGRAM
for name in prometheus-fastapi-instrumentator starlette-exporter starlette-prometheus; do
  "$work/env/bin/python" "$work/program.py" "$name"
done >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "metrics-three-exporters: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
