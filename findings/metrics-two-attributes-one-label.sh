#!/usr/bin/env bash
# OpenTelemetry's Prometheus exporter for Python drops one of two attributes called store.id and store_id, and writes two counts under one name.
# Packages: opentelemetry-sdk 1.45.2, opentelemetry-exporter-prometheus 0.66b2, prometheus-client 0.17.1 from PyPI
# Expected: OpenTelemetry's rule for Prometheus: attributes whose names become one label keep both values, joined by a semicolon.
# Happens: the one that was given later stays, and nothing is told; two sets that differ in the lost one only are two lines with the same
#   name and labels, which a page of metrics may not have. So are two counters called locks.taken and locks-taken. A reader keeps the last.
# Matters: the points of one of two stores are lost, and a store is called 0020 or west by the order in which a caller named its attributes.
# Output seen:
#> points_total{store_id="west"} 5.0
#> points_total{store_id="west"} 7.0
#> points_total{store_id="0020"} 9.0
#> locks_taken_total{} 1.0
#> locks_taken_total{} 2.0
#> points read by label set: {'west': 7.0, '0020': 9.0}
#> locks_taken read by label set: {None: 2.0}
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check \
  opentelemetry-sdk==1.45.2 opentelemetry-exporter-prometheus==0.66b2 prometheus-client==0.17.1
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import re

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

meter = MeterProvider(metric_readers=[PrometheusMetricReader()]).get_meter("till")
points = meter.create_counter("points")
points.add(5, {"store.id": "0018", "store_id": "west"})
points.add(7, {"store.id": "0019", "store_id": "west"})
points.add(9, {"store_id": "west", "store.id": "0020"})
meter.create_counter("locks.taken").add(1)
meter.create_counter("locks-taken").add(2)
page = generate_latest().decode()
for line in page.splitlines():
    if re.match("points|locks", line):
        print(re.sub(r'otel_scope_\w+="[^"]*",?', "", line))
for family in text_string_to_metric_families(page):
    if family.name in ("points", "locks_taken"):
        print(f"{family.name} read by label set:", {one.labels.get("store_id"): one.value for one in family.samples if one.name.endswith("_total")})
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "metrics-two-attributes-one-label: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
