#!/usr/bin/env bash
# Locust reports a 50 % percentile of 1400 ms when no answer was faster than 1449 ms, and a 100 % one above the slowest.
# Packages: locust 2.47.0 from PyPI
# Expected: percentiles lie between the minimum and the maximum, and the column "Median" is the 50 % percentile.
# Happens: times are kept with two digits (1449 as 1400), and percentiles are read from that; only the median is held between minimum and maximum.
#   So of one row the minimum is 1449, the median 1449, the 50 % percentile 1400, the 100 % percentile 1500 and the maximum 1451.
# Matters: a threshold at 1425 ms on the median passes by one column and fails by the other, and merged reports rank runs by rounding.
# Output seen:
#> min 1449 median 1449 50% 1400 100% 1500 max 1451
#> min 14950 median 14950 50% 15000 100% 15000 max 14950
#> min 0.4 median 0.4 50% 0 100% 1 max 0.6
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check locust==2.47.0
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
from locust.stats import RequestStats

for times in ((1449, 1450, 1451), (14950,), (0.4, 0.5, 0.6)):
    stats = RequestStats()
    for milliseconds in times:
        stats.log_request("POST", "/lock", milliseconds, 0)
    row = stats.get("/lock", "POST")
    p50, p100 = (row.get_response_time_percentile(share) for share in (0.5, 1.0))
    print(f"min {row.min_response_time} median {row.median_response_time} 50% {p50} 100% {p100} max {row.max_response_time}")
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "load-percentile-below-minimum: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
