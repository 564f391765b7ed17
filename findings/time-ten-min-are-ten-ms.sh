#!/usr/bin/env bash
# The text of a duration is another one for each reader: "10 min" is 10 ms for itty-time, "1,5h" 15 hours for pandas, "1D" ten years for timelength.
# Packages: ms 2.1.3, parse-duration 2.1.9, timestring 7.0.0, itty-time 2.0.2 from npm;
#   pytimeparse 1.1.10, timelength 3.0.4, durations 0.3.3, pandas 3.1.1 from PyPI
# Expected: a reader refuses what it does not know; a minus holds for the whole; D is a day.
# Happens: itty-time takes a number with an unknown word for milliseconds, and min, hrs and S are unknown. parse-duration, timestring and pandas
#   take the comma out of 1,5h. timelength and durations tell D (a decade) from d. timestring and timelength drop a minus, durations takes it
#   for the hours alone. timelength finds months in PT1H30M, and parse-duration a bit over a millisecond in 1:30.
# Matters: a limit, a soak or a period of grace given as text is a thousand times too short, ten times too long, or of the other sign.
# Output seen:
#> (in seconds; a reader that is not named refuses the text or gives nothing)
#> 1h30m: parse-duration 5400, timestring 5400, pytimeparse 5400, timelength 5400, durations 5400, pandas 5400
#> 10 min: ms 600, parse-duration 600, timestring 600, itty-time 0.01, pytimeparse 600, timelength 600, pandas 600
#> 2 hrs: ms 7200, parse-duration 7200, timestring 7200, itty-time 0.002, pytimeparse 7200, timelength 7200
#> 1,5h: parse-duration 54000, timestring 54000, pandas 54000
#> 1D: ms 86400, parse-duration 86400, timestring 86400, pytimeparse 86400, timelength 315360000, durations 316224000, pandas 86400
#> 1:30: parse-duration 0.00103, pytimeparse 90, timelength 90, durations 0
#> -1h30m: parse-duration -5400, timestring 5400, pytimeparse -5400, timelength 5400, durations -1800, pandas -5400
#> PT1H30M: parse-duration 5400, timestring 5400, timelength 79059600, pandas 5400
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check pytimeparse==1.1.10 timelength==3.0.4 durations==0.3.3 pandas==3.1.1
npm install --silent --no-audit --no-fund --prefix "$work" ms@2.1.3 parse-duration@2.1.9 timestring@7.0.0 itty-time@2.0.2 >/dev/null
cd "$work"
cat >read.mjs <<'PROGRAM'
import { seconds } from "itty-time";
import ms from "ms";
import parse from "parse-duration";
import timestring from "timestring";

const inSeconds = (milliseconds) => (milliseconds == null ? null : milliseconds / 1000);
const readers = { ms: (text) => inSeconds(ms(text)), "parse-duration": (text) => inSeconds(parse(text)), timestring, "itty-time": seconds };
const texts = {};
for (const text of ["1h30m", "10 min", "2 hrs", "1,5h", "1D", "1:30", "-1h30m", "PT1H30M"]) {
  texts[text] = {};
  for (const [name, read] of Object.entries(readers)) {
    try {
      texts[text][name] = read(text);
    } catch {
      texts[text][name] = null;
    }
  }
}
console.log(JSON.stringify(texts));
PROGRAM
node read.mjs >texts.json
"$work/env/bin/python" -W ignore - >seen <<'PROGRAM'
import json

import pandas
import pytimeparse
from durations import Duration
from timelength import TimeLength


def by_timelength(text):
    result = TimeLength(text).result
    return result.seconds if result.success else None


readers = {
    "pytimeparse": pytimeparse.parse,
    "timelength": by_timelength,
    "durations": lambda text: Duration(text).to_seconds(),
    "pandas": lambda text: pandas.Timedelta(text).total_seconds(),
}
print("(in seconds; a reader that is not named refuses the text or gives nothing)")
for text, found in json.load(open("texts.json")).items():
    for name, read in readers.items():
        try:
            found[name] = read(text)
        except Exception:
            found[name] = None
    print(f"{text}:", ", ".join(f"{name} {seconds:.9g}" for name, seconds in found.items() if seconds is not None))
PROGRAM
if ! diff <(echo "$expected") seen; then
  echo "time-ten-min-are-ten-ms: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
