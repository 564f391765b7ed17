#!/usr/bin/env bash
# An OFX time that ofxtools writes is hours off for ofxparse: half an hour is .30 for one and .5 for the other, and the name UTC+05:30 hides both.
# Packages: ofxtools 1.1.1, ofxparse 0.21 from PyPI
# Expected: OFX has whole or fractional hours in brackets, [5.50:IST] for India, so that writer and reader agree on the instant.
# Happens: ofxtools writes hours and minutes (+5.30) and reads 5.50 as 5 h 50 min and -3.5 not at all; ofxparse reads 5.30 as 5 h 18 min.
#   ofxtools puts Python's name UTC+01:00 behind the colon; ofxparse knows names of letters and digits only and then takes local
#   time for UTC, without a word, as it does for a bracket without a name. ofxtools loses the sign of half an hour west.
# Matters: a sale at 23:30 moves to another day, and with it to another offer or another limit per day.
# Output seen:
#> written by ofxtools:
#> right is 31 22:30: 20260131233000.000[+1:UTC+01:00] ofxtools 31 22:30 ofxparse 31 23:30
#> right is 31 18:00: 20260131233000.000[+5.30:UTC+05:30] ofxtools 31 18:00 ofxparse 31 23:30
#> right is 01 03:00: 20260131233000.000[-3.30:UTC-03:30] ofxtools 01 03:00 ofxparse 31 23:30
#> right is 01 00:00: 20260131233000.000[-0.30:UTC-00:30] ofxtools 31 23:00 ofxparse 31 23:30
#> written by others:
#> 20260131233000.000[-5:EST] ofxtools 01 04:30 ofxparse 01 04:30
#> 20260131233000.000[5.50:IST] ofxtools 31 17:40 ofxparse 31 18:00
#> 20260131233000.000[-3.5:NST] ofxtools OFXSpecError ofxparse 01 03:00
#> 20260131233000.000[5.75:NPT] ofxtools 31 17:15 ofxparse 31 17:45
#> 20260131233000.000[-5] ofxtools 01 04:30 ofxparse 31 23:30
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check ofxtools==1.1.1 ofxparse==0.21
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import datetime

from ofxparse import OfxParser
from ofxtools.Types import DateTime

FORM = "%d %H:%M"


def ofxtools(text):
    try:
        return DateTime().convert(text).strftime(FORM)
    except Exception as error:
        return type(error).__name__


def both(text):
    return f"{text} ofxtools {ofxtools(text)} ofxparse {OfxParser.parseOfxDateTime(text).strftime(FORM)}"


print("written by ofxtools:")
for hours in (1, 5.5, -3.5, -0.5):
    zone = datetime.timezone(datetime.timedelta(hours=hours))
    local = datetime.datetime(2026, 1, 31, 23, 30, tzinfo=zone)
    print(f"right is {local.astimezone(datetime.timezone.utc):{FORM}}:", both(DateTime().unconvert(local)))
print("written by others:")
for bracket in ("[-5:EST]", "[5.50:IST]", "[-3.5:NST]", "[5.75:NPT]", "[-5]"):
    print(both(f"20260131233000.000{bracket}"))
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "time-ofx-offset: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
