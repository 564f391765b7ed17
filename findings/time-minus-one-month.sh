#!/usr/bin/env bash
# iso8601-duration reads minus one month as one month and an interval as its duration, and refuses P0.5D, which its README gives as an example.
# Packages: iso8601-duration 2.1.4, tinyduration 3.4.1, luxon 3.7.2 from npm; isodate 0.7.2, aniso8601 10.0.1, pendulum 3.3.0 from PyPI
# Expected: a sign is an error, as the README says that it is not supported; a text that is more than a duration is one too.
# Happens: the pattern is searched anywhere in the text, so a sign, the R5/ of a repetition and the first day of an interval are dropped;
#   tinyduration keeps the sign. Luxon writes the same span as P-1M, which of the others tinyduration alone takes.
# Matters: a period of grace of minus one month adds one: the offer ends two months later than it was written, and nobody sees an error.
# Output seen:
#> -P1M: iso8601-duration 1 month, tinyduration -1 month, luxon -1 month, isodate -1 month, aniso8601 error, pendulum error
#> P-1M (as Luxon writes it): iso8601-duration error, tinyduration -1 month, luxon -1 month, isodate error, aniso8601 error, pendulum error
#> 2026-01-31/P1M: iso8601-duration 1 month, tinyduration 1 month, luxon error, isodate error, aniso8601 error, pendulum error
#> R5/P1M: iso8601-duration 1 month, tinyduration 1 month, luxon error, isodate error, aniso8601 error, pendulum error
#> P0.5D: iso8601-duration error, tinyduration 0.5 days, luxon 0.5 days, isodate 0.5 days, aniso8601 0.5 days, pendulum 0.5 days
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check isodate==0.7.2 aniso8601==10.0.1 pendulum==3.3.0
npm install --silent --no-audit --no-fund --prefix "$work" iso8601-duration@2.1.4 tinyduration@3.4.1 luxon@3.7.2 >/dev/null
cd "$work"
cat >read.mjs <<'PROGRAM'
import { parse } from "iso8601-duration";
import { Duration } from "luxon";
import * as tinyduration from "tinyduration";

const told = (read) => {
  try {
    const { months = 0, days = 0, negative } = read();
    const sign = negative ? "-" : "";
    return months ? `${sign}${months} month` : days ? `${sign}${days} days` : "error";
  } catch {
    return "error";
  }
};
const written = Duration.fromObject({ months: -1 }).toISO();
const texts = { "-P1M": "-P1M", [`${written} (as Luxon writes it)`]: written };
for (const text of ["2026-01-31/P1M", "R5/P1M", "P0.5D"]) texts[text] = text;
for (const [label, text] of Object.entries(texts)) {
  const all = [parse, tinyduration.parse, (text) => Duration.fromISO(text).toObject()].map((read) => told(() => read(text)));
  console.log(JSON.stringify([label, text, `iso8601-duration ${all[0]}, tinyduration ${all[1]}, luxon ${all[2]}`]));
}
PROGRAM
cat >read.py <<'PROGRAM'
import json
import sys

import aniso8601
import isodate
import pendulum


def told(read, text):
    try:
        span = read(text)
    except (ValueError, TypeError):
        return "error"
    months = getattr(span, "months", 0)
    return f"{int(months)} month" if months else f"{span.total_seconds() / 86400:g} days"


for line in sys.stdin:
    label, text, seen = json.loads(line)
    readers = {"isodate": isodate.parse_duration, "aniso8601": aniso8601.parse_duration, "pendulum": pendulum.parse}
    print(f"{label}: {seen},", ", ".join(f"{name} {told(read, text)}" for name, read in readers.items()))
PROGRAM
node read.mjs | "$work/env/bin/python" read.py >seen
if ! diff <(echo "$expected") seen; then
  echo "time-minus-one-month: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
