#!/usr/bin/env bash
# dateutil reads "UTC+3" three hours to the west in a timestamp and three hours to the east in a zone's name.
# Packages: python-dateutil 4.0.0, pandas 3.1.1, whenever 0.11.0 from PyPI
# Expected: 2026-06-10 09:20 UTC+3 is 06:20 in UTC, as people, and receipts, write it.
# Happens: parser.parse() takes the sign as POSIX does (local time plus 3 is UTC): 12:20 in UTC; tz.gettz("UTC+3") and tz.tzstr mean 06:20 by the
#   same text; without the letters (+3) parse() means 06:20 too. pandas hands such text to dateutil and is wrong with it; whenever refuses it.
# Matters: a till abroad that prints its zone so has its sales six hours off, on another day for a quarter of them.
# Output seen:
#> parser.parse: 2026-06-10 12:20:00+00:00
#> parser.parse without UTC: 2026-06-10 06:20:00+00:00
#> tz.gettz: 2026-06-10 06:20:00+00:00
#> pandas: 2026-06-10 12:20:00+00:00
#> whenever: ValueError
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check python-dateutil==4.0.0 pandas==3.1.1 whenever==0.11.0
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import datetime as dt
import warnings

import pandas as pd
import whenever
from dateutil import parser, tz

warnings.simplefilter("ignore")
text = "2026-06-10 09:20 UTC+3"
print("parser.parse:", parser.parse(text).astimezone(dt.timezone.utc))
print("parser.parse without UTC:", parser.parse("2026-06-10 09:20+3").astimezone(dt.timezone.utc))
print("tz.gettz:", dt.datetime(2026, 6, 10, 9, 20, tzinfo=tz.gettz("UTC+3")).astimezone(dt.timezone.utc))
try:
    print("pandas:", pd.Timestamp(text).tz_convert("UTC"))
except Exception as error:
    print("pandas:", type(error).__name__, error)
try:
    print("whenever:", whenever.OffsetDateTime(text))
except ValueError as error:
    print("whenever: ValueError")
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "time-utc-plus-three: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
