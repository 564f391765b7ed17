#!/usr/bin/env bash
# Freezegun freezes whenever's clock only if whenever was first asked for the time inside the freeze, and time.ctime() is frozen by nothing.
# Packages: freezegun 1.5.5, time-machine 3.6.0, whenever 0.11.0 from PyPI
# Expected: a library's clock is frozen or it is not, whatever ran before; the functions of Python's time module are frozen alike.
# Happens: whenever imports its clock at its first use. Inside the freeze it gets freezegun's and is frozen in each later freeze too; before, it
#   gets the real one and no freeze reaches it. Time-machine freezes it in both cases. time.ctime() and time.asctime() stay in the present under
#   both, beside time.strftime() and time.gmtime() of 2031.
# Matters: a test of an offer's expiry passes alone and fails after another test, or the other way round.
# Output seen:
#> first asked inside: freezegun 2031, real 2026 or later, freezegun 2031, time-machine 2031
#> first asked before: real 2026 or later, freezegun 2026 or later, time-machine 2031, freezegun 2026 or later
#> freezegun: strftime 2031, gmtime 2031, ctime 2026 or later, asctime 2026 or later
#> time-machine: strftime 2031, gmtime 2031, ctime 2026 or later, asctime 2026 or later
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check freezegun==1.5.5 time-machine==3.6.0 whenever==0.11.0
cat >"$work/program.py" <<'PROGRAM'
import contextlib
import sys
import time

import freezegun
import time_machine
import whenever

CLOCKS = {
    "real": contextlib.nullcontext,
    "freezegun": lambda: freezegun.freeze_time("2031-05-06"),
    "time-machine": lambda: time_machine.travel("2031-05-06", tick=False),
}


def year(text):
    return text if text == "2031" else "2026 or later"


def asked(*clocks):
    for clock in clocks:
        with CLOCKS[clock]():
            yield f"{clock} {year(str(whenever.Instant.now())[:4])}"


def functions(clock):
    with CLOCKS[clock]():
        told = {"strftime": time.strftime("%Y"), "gmtime": str(time.gmtime().tm_year)}
        told |= {"ctime": time.ctime()[-4:], "asctime": time.asctime()[-4:]}
    return f"{clock}: " + ", ".join(f"{name} {year(value)}" for name, value in told.items())


if sys.argv[1] == "inside":
    print("first asked inside:", ", ".join(asked("freezegun", "real", "freezegun", "time-machine")))
else:
    print("first asked before:", ", ".join(asked("real", "freezegun", "time-machine", "freezegun")))
    print(functions("freezegun"))
    print(functions("time-machine"))
PROGRAM
for first in inside before; do
  "$work/env/bin/python" "$work/program.py" "$first"
done >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "time-frozen-by-first-reading: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
