#!/usr/bin/env bash
# A pandas DateOffset of one day gives a local time that does not exist for one Timestamp, and an error for an index of one.
# Packages: pandas 3.1.1 from PyPI
# Expected: Timestamp + DateOffset(days=1) and DatetimeIndex([Timestamp]) + DateOffset(days=1) do the same.
# Happens: at the change to summer time the Timestamp gets 02:30+01:00, an hour that no clock in Berlin showed that day (the same instant
#   by way of UTC is 03:30+02:00); the index raises ValueError. offsets.Day(1), a calendar day since pandas 3, raises for both.
# Matters: the end of a return window or of an offer worked out row by row passes; the same rule over a column fails once a year.
# Output seen:
#> DateOffset(days=1) timestamp 2026-03-29 02:30:00+01:00 by way of UTC: 2026-03-29 03:30:00+02:00
#> DateOffset(days=1) index ValueError: 2026-03-29 02:30:00 is a nonexistent time
#> Day(1) timestamp ValueError: 2026-03-29 02:30:00 is a nonexistent time
#> Day(1) index ValueError: 2026-03-29 02:30:00 is a nonexistent time
#> Timedelta(days=1) timestamp 2026-03-29 03:30:00+02:00 by way of UTC: 2026-03-29 03:30:00+02:00
#> Timedelta(days=1) index 2026-03-29 03:30:00+02:00 by way of UTC: 2026-03-29 03:30:00+02:00
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check pandas==3.1.1
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import pandas as pd

start = pd.Timestamp("2026-03-28 02:30", tz="Europe/Berlin")
for name, offset in (("DateOffset(days=1)", pd.DateOffset(days=1)), ("Day(1)", pd.offsets.Day(1)), ("Timedelta(days=1)", pd.Timedelta(days=1))):
    for shape, value in (("timestamp", start), ("index", pd.DatetimeIndex([start]))):
        try:
            end = value + offset
            end = end if shape == "timestamp" else end[0]
            print(name, shape, end, "by way of UTC:", end.tz_convert("UTC").tz_convert("Europe/Berlin"))
        except ValueError as error:
            print(name, shape, "ValueError:", str(error).split(" due ")[0])
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "time-day-that-skips: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
