#!/usr/bin/env bash
# An offer of P1D and one of PT24H end at the same moment for four iCalendar readers on the day that has 23 hours: each is wrong about one of them.
# Packages: node-ical 0.26.1, ical.js 2.2.1 from npm; icalendar 7.3.2, ics 0.7.3 from PyPI
# Expected: RFC 5545: a duration in days is to the same time of the next day, one in hours is exact; a time without a zone is the reader's own; a zone that the
#   file defines is used.
# Happens: node-ical adds 24 hours for both, so that the day ends at 13:00; the three others go to 12:00 for both, so that 24 hours are 23. node-ical gives a time
#   without zone the file's first zone, and ics gives it UTC. ics looks its zones up by name and reads a Windows name, as Outlook
#   writes it, as UTC, although the file defines it.
# Matters: a coupon that is sent as a calendar entry is over an hour before the service says so, or two hours later.
# Output seen:
#> a day: 2026-03-28 11:00 to 2026-03-29 11:00 UTC node-ical; 2026-03-28 11:00 to 2026-03-29 10:00 UTC ical.js, icalendar, ics
#> 24 hours: 2026-03-28 11:00 to 2026-03-29 11:00 UTC node-ical; 2026-03-28 11:00 to 2026-03-29 10:00 UTC ical.js, icalendar, ics
#> Windows name: 2026-07-01 08:00 to 2026-07-01 09:00 UTC node-ical, ical.js, icalendar; 2026-07-01 10:00 to 2026-07-01 11:00 UTC ics
#> no zone: 2026-07-01 08:00 to 2026-07-01 09:00 UTC node-ical; 2026-07-01 14:00 to 2026-07-01 15:00 UTC ical.js, icalendar; 2026-07-01 10:00 to 2026-07-01 11:00 UTC ics
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check icalendar==7.3.2 ics==0.7.3
npm install --silent --no-audit --no-fund --prefix "$work" node-ical@0.26.1 ical.js@2.2.1 >/dev/null
cd "$work"
zone() {
  printf '%s\n' "BEGIN:VTIMEZONE" "TZID:$1" \
    "BEGIN:STANDARD" "DTSTART:19701025T030000" "TZOFFSETFROM:+0200" "TZOFFSETTO:+0100" "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10" "END:STANDARD" \
    "BEGIN:DAYLIGHT" "DTSTART:19700329T020000" "TZOFFSETFROM:+0100" "TZOFFSETTO:+0200" "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3" "END:DAYLIGHT" "END:VTIMEZONE"
}
event() {
  printf '%s\n' "BEGIN:VEVENT" "UID:$1" "DTSTAMP:20260101T000000Z" "$2" "$3" "END:VEVENT"
}
{
  printf '%s\n' "BEGIN:VCALENDAR" "VERSION:2.0" "PRODID:-//till//EN"
  zone "Europe/Berlin"
  zone "W. Europe Standard Time"
  event "a day" "DTSTART;TZID=Europe/Berlin:20260328T120000" "DURATION:P1D"
  event "24 hours" "DTSTART;TZID=Europe/Berlin:20260328T120000" "DURATION:PT24H"
  event "Windows name" "DTSTART;TZID=W. Europe Standard Time:20260701T100000" "DURATION:PT1H"
  event "no zone" "DTSTART:20260701T100000" "DURATION:PT1H"
  echo "END:VCALENDAR"
} | sed 's/$/\r/' >offers.ics
cat >read.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import ICAL from "ical.js";
import nodeIcal from "node-ical";

const text = readFileSync("offers.ics", "utf8");
const read = { "node-ical": {}, "ical.js": {} };
for (const event of Object.values(nodeIcal.sync.parseICS(text))) {
  if (event.type === "VEVENT") read["node-ical"][event.uid] = [event.start.toISOString(), event.end.toISOString()];
}
const calendar = new ICAL.Component(ICAL.parse(text));
for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
for (const component of calendar.getAllSubcomponents("vevent")) {
  const event = new ICAL.Event(component);
  read["ical.js"][event.uid] = [event.startDate.toJSDate().toISOString(), event.endDate.toJSDate().toISOString()];
}
console.log(JSON.stringify(read));
PROGRAM
cat >read.py <<'PROGRAM'
import datetime
import json
import pathlib

import icalendar
import ics


def utc(time):
    return time.astimezone(datetime.timezone.utc).isoformat()


text = pathlib.Path("offers.ics").read_bytes().decode()
read = json.load(open("js.json"))
read["icalendar"] = {str(event["UID"]): [utc(event.start), utc(event.end)] for event in icalendar.Calendar.from_ical(text).walk("VEVENT")}
read["ics"] = {event.uid: [event.begin.to("utc").isoformat(), event.end.to("utc").isoformat()] for event in ics.Calendar(text).events}
for uid in ("a day", "24 hours", "Windows name", "no zone"):
    same = {}
    for name, events in read.items():
        same.setdefault(" to ".join(f"{time[:10]} {time[11:16]}" for time in events[uid]), []).append(name)
    print(f"{uid}:", "; ".join(f"{times} UTC {', '.join(names)}" for times, names in same.items()))
PROGRAM
export TZ=America/New_York
node read.mjs >js.json
env/bin/python read.py 2>log >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "time-calendar-day-of-24-hours: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
