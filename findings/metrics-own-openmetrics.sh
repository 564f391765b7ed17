#!/usr/bin/env bash
# prometheus_client writes two OpenMetrics pages that its own OpenMetrics parser refuses or reads as another metric.
# Packages: prometheus-client 0.26.0 from PyPI
# Expected: what generate_latest of its openmetrics module writes, its openmetrics parser reads back, name and type included.
# Happens: a histogram with a bucket below zero (points taken and given) is written without _sum, as the format asks, and then with _count,
#   which the parser refuses. A name with a colon keeps the colon in its TYPE line and loses it in its sample, so the reader gets
#   an empty gauge and a second metric of unknown type. The older text format keeps both.
# Matters: one histogram of point changes, or one gauge named like a recording rule, makes a whole scrape unreadable or a series vanish.
# Output seen:
#> text [('points_change', 'histogram', 5)]
#> OpenMetrics refused: _sum/_gsum must be present if _count is present: points_change
#> text [('offer:locks', 'gauge', 1)]
#> OpenMetrics [('offer:locks', 'gauge', 0), ('offer_locks', 'unknown', 1)]
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check prometheus-client==0.26.0
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client.exposition import generate_latest as as_text
from prometheus_client.openmetrics.exposition import generate_latest as as_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

points, rate = CollectorRegistry(), CollectorRegistry()
Histogram("points_change", "Points given or taken", buckets=(-100, 0, 100), registry=points).observe(-50)
Gauge("offer:locks", "Locks", registry=rate).set(7)
for registry in (points, rate):
    for form, write, read in (("text", as_text, read_text), ("OpenMetrics", as_openmetrics, read_openmetrics)):
        page = write(registry).decode()
        try:
            families = [(f.name, f.type, len(f.samples)) for f in read(page) if not f.name.endswith("_created")]
            print(form, families)
        except ValueError as error:
            print(form, "refused:", error)
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "metrics-own-openmetrics: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
