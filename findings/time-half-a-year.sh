#!/usr/bin/env bash
# Half of a dateutil relativedelta of a year is nothing, and half of three years is one year; asking for 1.5 years is an error.
# Packages: python-dateutil 4.0.0 from PyPI
# Expected: half of a year is six months, or an error, as relativedelta(years=1.5) is one.
# Happens: each part is multiplied and cut to a whole number on its own: years=1 becomes 0, and what is left is an empty relativedelta, so adding
#   it changes no date. Half a year written as months=12 is normalised to years=1 and halves to nothing as well.
# Matters: a membership or tier validity that is prorated (half the period for half the price) ends on the day it begins.
# Output seen:
#> half of years=1: relativedelta(), from 2026-01-31 until 2026-01-31
#> half of months=12: relativedelta(), from 2026-01-31 until 2026-01-31
#> half of years=3: relativedelta(years=+1), from 2026-01-31 until 2027-01-31
#> half of months=3: relativedelta(months=+1), from 2026-01-31 until 2026-02-28
#> years=1.5: ValueError Non-integer years and months are ambiguous and not currently supported.
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check python-dateutil==4.0.0
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import datetime as dt

from dateutil.relativedelta import relativedelta

start = dt.date(2026, 1, 31)
for name, period in (("years=1", relativedelta(years=1)), ("months=12", relativedelta(months=12)), ("years=3", relativedelta(years=3)), ("months=3", relativedelta(months=3))):
    half = period * 0.5
    print(f"half of {name}: {half}, from {start} until {start + half}")
try:
    relativedelta(years=1.5)
except ValueError as error:
    print("years=1.5: ValueError", error)
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "time-half-a-year: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
