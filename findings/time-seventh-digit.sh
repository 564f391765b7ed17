#!/usr/bin/env bash
# msgspec moves an instant with seven fractional digits into the next day, where five other readers stay in the day before.
# Packages: msgspec 0.23.0, python-dateutil 4.0.0, pandas 3.1.1, whenever 0.11.0 from PyPI
# Expected: a Python datetime holds six digits, so the seventh (clients on .NET send it) is cut, as datetime.fromisoformat does.
# Happens: msgspec rounds, and carries: 23:59:59.9999999 on June 30 is read as July 1, 00:00. dateutil cuts; pandas and whenever keep
#   nine digits, and pandas cuts when it is asked for a Python datetime.
# Matters: the last tick of a day, the usual way to write the end of an offer, falls on different days in two services; modified times
#   that differ in the seventh digit may compare as equal or as one microsecond apart.
# Output seen:
#> 2026-06-30T23:59:59.9999999Z
#>   msgspec      2026-07-01 00:00:00+00:00
#>   datetime     2026-06-30 23:59:59.999999+00:00
#>   dateutil     2026-06-30 23:59:59.999999+00:00
#>   pandas       2026-06-30 23:59:59.999999900+00:00 | as datetime 2026-06-30 23:59:59.999999+00:00
#>   whenever     2026-06-30T23:59:59.9999999Z
#> 2026-06-30T23:59:59.1234565Z
#>   msgspec      2026-06-30 23:59:59.123457+00:00
#>   datetime     2026-06-30 23:59:59.123456+00:00
#>   dateutil     2026-06-30 23:59:59.123456+00:00
#>   pandas       2026-06-30 23:59:59.123456500+00:00 | as datetime 2026-06-30 23:59:59.123456+00:00
#>   whenever     2026-06-30T23:59:59.1234565Z
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check msgspec==0.23.0 python-dateutil==4.0.0 pandas==3.1.1 whenever==0.11.0
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import datetime as dt
import json

import msgspec
import pandas as pd
import whenever
from dateutil import parser

for text in ("2026-06-30T23:59:59.9999999Z", "2026-06-30T23:59:59.1234565Z"):
    print(text)
    print("  msgspec     ", msgspec.json.decode(json.dumps(text), type=dt.datetime))
    print("  datetime    ", dt.datetime.fromisoformat(text))
    print("  dateutil    ", parser.isoparse(text))
    print("  pandas      ", pd.Timestamp(text), "| as datetime", pd.Timestamp(text).to_pydatetime(warn=False))
    print("  whenever    ", whenever.Instant(text))
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "time-seventh-digit: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
