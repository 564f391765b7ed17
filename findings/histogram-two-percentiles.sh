#!/usr/bin/env bash
# One HdrHistogram file has two 85th percentiles: hdrhistogram for Python rounds the rank, hdr-histogram-js rounds it up.
# Packages: hdrhistogram 0.10.8 from PyPI, hdr-histogram-js 3.0.1 from npm
# Expected: both are ports of one library and read each other's encoded files, so they tell the same percentiles of the same file.
# Happens: of the values 1 to 5, Python tells 4 as p85 (rank 4.25 becomes 4) and JavaScript 5 (rank 5). JavaScript's p100 of a fresh
#   histogram lies above its own maximum (the upper end of the bucket beside the exact value); after a round trip both are the bucket's end.
#   A highestTrackableValue given to build() does not bind: it grows (autoResize is on), where Python answers False and drops the value.
# Matters: a threshold on p85 or p99.9 of few samples passes in one report and fails in the other, and slow calls vanish from one of them.
# Output seen:
#> Python     p41, p61, p85 of 1 to 5: [2, 3, 4]
#> Python     takes 1000000: True 5000000: False
#> Python     maximum 1000447 p100 1000447
#> JavaScript p41, p61, p85 of the same file: [ 3, 4, 5 ]
#> JavaScript maximum 1000000 p100 1000447
#> JavaScript after 5000000: count 2 maximum 5000000
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check hdrhistogram==0.10.8
npm install --silent --no-audit --no-fund --prefix "$work" hdr-histogram-js@3.0.1 >/dev/null
"$work/env/bin/python" - "$work/file" >"$work/seen" <<'PROGRAM'
import sys

from hdrh.histogram import HdrHistogram

histogram = HdrHistogram(1, 3_600_000, 3)
for value in (1, 2, 3, 4, 5):
    histogram.record_value(value)
open(sys.argv[1], "wb").write(histogram.encode())
print("Python     p41, p61, p85 of 1 to 5:", [histogram.get_value_at_percentile(p) for p in (41, 61, 85)])
print("Python     takes 1000000:", histogram.record_value(1_000_000), "5000000:", histogram.record_value(5_000_000))
print("Python     maximum", histogram.get_max_value(), "p100", histogram.get_value_at_percentile(100))
PROGRAM
cat >"$work/program.js" <<'PROGRAM'
const hdr = require("hdr-histogram-js");
const read = hdr.decodeFromCompressedBase64(require("fs").readFileSync(__dirname + "/file", "utf8"));
console.log("JavaScript p41, p61, p85 of the same file:", [41, 61, 85].map((p) => read.getValueAtPercentile(p)));
const histogram = hdr.build({ highestTrackableValue: 3_600_000, numberOfSignificantValueDigits: 3 });
histogram.recordValue(1_000_000);
console.log("JavaScript maximum", histogram.maxValue, "p100", histogram.getValueAtPercentile(100));
histogram.recordValue(5_000_000);
console.log("JavaScript after 5000000: count", histogram.totalCount, "maximum", histogram.maxValue);
PROGRAM
node "$work/program.js" >>"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "histogram-two-percentiles: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
