#!/usr/bin/env bash
# python-stdnum writes a time at the full hour into GS1 AI 7011 with 8 digits, a length that the AI does not have.
# Packages: python-stdnum 2.2 and biip 5.2.0 from PyPI
# Expected: AI 7011 (test by date) is a date of 6 digits or a date with hour and minute of 10 digits; 10:00 gives 10 digits.
# Happens: trailing zero pairs are cut one by one, which suits AI 8008 (its time may stop at the hour); 10:00 leaves 8 digits, 10:30 10.
#   python-stdnum reads its own 8 digits back; biip takes 6 of them and reads the rest as the start of another AI.
# Matters: one label in sixty fails at the scanner, and never in a test that uses a time such as 10:30.
# Output seen:
#> 70112602281030 read by python-stdnum: 2026-02-28 10:30:00
#>   read by biip: 2026-02-28 10:30:00
#> 701126022810 read by python-stdnum: 2026-02-28 10:00:00
#>   biip: ParseError Failed to match '10'
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check python-stdnum==2.2 biip==5.2.0
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import datetime

from biip.gs1_messages import GS1Message
from stdnum import gs1_128

for minute in (30, 0):
    written = gs1_128.encode({"7011": datetime.datetime(2026, 2, 28, 10, minute)})
    print(written, "read by python-stdnum:", gs1_128.info(written)["7011"])
    try:
        print("  read by biip:", GS1Message.parse(written).element_strings[0].datetime)
    except Exception as error:
        print("  biip:", type(error).__name__, str(error).split(" with ")[0])
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "gs1-full-hour: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
