#!/usr/bin/env bash
# rrule for JavaScript starts an all-day offer today instead of on its first day, leaves out a last day, and passes over an hour listed second.
# Packages: rrule 2.8.1, rrule-rust 3.1.1 from npm; python-dateutil 2.9.0.post0 from PyPI
# Expected: a rule of RFC 5545 names the same days for every reader, in the order of time.
# Happens: rrule ignores a DTSTART with VALUE=DATE and counts from now; with a TZID it compares the UTC time of UNTIL with local times, so that the
#   last day is missing east of Greenwich; with BYHOUR=18,9 it takes the hours as listed: asked for the next time after midnight it says 18:00,
#   and of three times the third is 18:00 on the second day. The other two agree with each other in every line.
# Matters: a till and the service disagree on whether an offer is on, without an error, first on its first and its last day.
# Output seen:
#> all day, 3 times, the first on its first day: rrule no, rrule-rust yes, dateutil yes
#> all day, until 2 February: rrule 0 days, rrule-rust 3 days, dateutil 3 days
#> 09:00 in Berlin, until 3 February 08:00Z: rrule 3 days, rrule-rust 4 days, dateutil 4 days
#> BYHOUR=9,18, the third time: rrule 01T09, rrule-rust 01T09, dateutil 01T09
#> BYHOUR=18,9, the third time: rrule 01T18, rrule-rust 01T09, dateutil 01T09
#> BYHOUR=18,9, the next after 1 February 00:00Z: rrule 01T18, dateutil 01T09
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check python-dateutil==2.9.0.post0
npm install --silent --no-audit --no-fund --prefix "$work" rrule@2.8.1 rrule-rust@3.1.1 >/dev/null
cat >"$work/rules.json" <<'JSON'
["DTSTART;VALUE=DATE:20260131\nRRULE:FREQ=DAILY;COUNT=3",
 "DTSTART;VALUE=DATE:20260131\nRRULE:FREQ=DAILY;UNTIL=20260202",
 "DTSTART;TZID=Europe/Berlin:20260131T090000\nRRULE:FREQ=DAILY;UNTIL=20260203T080000Z",
 "DTSTART:20260131T090000Z\nRRULE:FREQ=DAILY;BYHOUR=9,18;COUNT=3",
 "DTSTART:20260131T090000Z\nRRULE:FREQ=DAILY;BYHOUR=18,9;COUNT=3"]
JSON
cat >"$work/times.mjs" <<'PROGRAM'
import { readFileSync } from "node:fs";
import rrule from "rrule";
import { RRuleSet } from "rrule-rust";

const rules = JSON.parse(readFileSync("rules.json", "utf8"));
const digits = (date) => date.toISOString().replace(/[-:]/g, "");
const next = rrule.rrulestr(rules[4]).after(new Date("2026-02-01T00:00:00Z"));
console.log(
  JSON.stringify({
    times: {
      rrule: rules.map((rule) => rrule.rrulestr(rule).all().map(digits)),
      "rrule-rust": rules.map((rule) => RRuleSet.fromString(rule).all(9).map(String)),
    },
    next: digits(next),
  }),
);
PROGRAM
cd "$work"
TZ=UTC node times.mjs >times.json
"$work/env/bin/python" - >seen <<'PROGRAM'
import datetime
import json

from dateutil.rrule import rrulestr

rules = json.load(open("rules.json"))
found = json.load(open("times.json"))
times = found["times"] | {"dateutil": [[f"{time:%Y%m%dT%H%M%S}" for time in rrulestr(rule)] for rule in rules]}


def told(label, n, tell):
    print(f"{label}:", ", ".join(f"{name} {tell(lists[n])}" for name, lists in times.items()))


told("all day, 3 times, the first on its first day", 0, lambda found: "yes" if found[0].startswith("20260131") else "no")
told("all day, until 2 February", 1, lambda found: f"{len(found)} days")
told("09:00 in Berlin, until 3 February 08:00Z", 2, lambda found: f"{len(found)} days")
told("BYHOUR=9,18, the third time", 3, lambda found: found[2][6:11])
told("BYHOUR=18,9, the third time", 4, lambda found: found[2][6:11])
next_time = rrulestr(rules[4]).after(datetime.datetime(2026, 2, 1, tzinfo=datetime.UTC))
print(f"BYHOUR=18,9, the next after 1 February 00:00Z: rrule {found['next'][6:11]}, dateutil {next_time:%dT%H}")
PROGRAM
if ! diff <(echo "$expected") seen; then
  echo "time-recurring-offer: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
