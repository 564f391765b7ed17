#!/usr/bin/env bash
# A note beside the opening hours of a shop, "tills close at 19:45", makes it unknown all day in JavaScript; by appointment is open on Sunday in Python.
# Packages: opening_hours 3.15.0 from npm; opening-hours-py 2.1.4 from PyPI
# Expected: two readers of OpenStreetMap's opening hours agree whether a shop is open; a note changes nothing about it.
# Happens: the specification makes a rule with a note and no word of state "unknown", even if it has hours, says opening_hours.js, and answers true to
#   no question for open. opening-hours-py takes a rule without the word for open, so that || "by appointment" is open when all is closed, and an open
#   end (10:00+) lasts till midnight. With the word open or closed written out they agree.
# Matters: an offer "while the shop is open" is refused all day, or granted on a Sunday, by the same line of shop data.
# Output seen:
#> Mo-Sa 08:00-20:00: Saturday 12:00 open; Sunday 12:00 closed
#> Mo-Sa 08:00-20:00 "tills close at 19:45": Saturday 12:00 unknown in JavaScript, open in Python; Sunday 12:00 closed
#> Mo-Sa 08:00-20:00 open "tills close at 19:45": Saturday 12:00 open; Sunday 12:00 closed
#> Mo-Sa 08:00-20:00 || "by appointment": Saturday 12:00 open; Sunday 12:00 unknown in JavaScript, open in Python
#> Mo-Sa 08:00-20:00 || unknown "by appointment": Saturday 12:00 open; Sunday 12:00 unknown
#> "by appointment": Saturday 12:00 unknown in JavaScript, open in Python; Sunday 12:00 unknown in JavaScript, open in Python
#> 10:00+: Saturday 12:00 unknown in JavaScript, open in Python; Sunday 12:00 unknown in JavaScript, open in Python
#> Mo-Sa 08:00-20:00; Su "market": Saturday 12:00 open; Sunday 12:00 unknown in JavaScript, open in Python
#> Mo-Sa 08:00-20:00; Su off "closed for stocktaking": Saturday 12:00 open; Sunday 12:00 closed
#> Mo-Sa 08:00-20:00; Su 10:00-14:00 unknown: Saturday 12:00 open; Sunday 12:00 unknown
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check opening-hours-py==2.1.4
npm install --silent --no-audit --no-fund --prefix "$work" opening_hours@3.15.0 >/dev/null
cd "$work"
cat >hours.json <<'JSON'
["Mo-Sa 08:00-20:00", "Mo-Sa 08:00-20:00 \"tills close at 19:45\"", "Mo-Sa 08:00-20:00 open \"tills close at 19:45\"", "Mo-Sa 08:00-20:00 || \"by appointment\"",
 "Mo-Sa 08:00-20:00 || unknown \"by appointment\"", "\"by appointment\"", "10:00+", "Mo-Sa 08:00-20:00; Su \"market\"", "Mo-Sa 08:00-20:00; Su off \"closed for stocktaking\"",
 "Mo-Sa 08:00-20:00; Su 10:00-14:00 unknown"]
JSON
cat >times.json <<'JSON'
{"Saturday 12:00": "2026-11-28T12:00:00", "Sunday 12:00": "2026-11-29T12:00:00"}
JSON
cat >ask.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import OpeningHours from "opening_hours";

const read = (name) => JSON.parse(readFileSync(name, "utf8"));
const state = (hours, time) => (hours.getUnknown(time) ? "unknown" : hours.getState(time) ? "open" : "closed");
console.log(JSON.stringify(read("hours.json").map((line) => Object.values(read("times.json")).map((time) => state(new OpeningHours(line, null), new Date(time))))));
PROGRAM
cat >ask.py <<'PROGRAM'
import datetime
import json

from opening_hours import OpeningHours

times = json.load(open("times.json"))
for line, states in zip(json.load(open("hours.json")), json.load(open("js.json"))):
    hours = OpeningHours(line)
    answers = []
    for (name, time), js in zip(times.items(), states):
        python = str(hours.state(datetime.datetime.fromisoformat(time))[0])
        answers.append(f"{name} {js}" if js == python else f"{name} {js} in JavaScript, {python} in Python")
    print(f"{line}: {'; '.join(answers)}")
PROGRAM
TZ=UTC node ask.mjs >js.json 2>log
TZ=UTC env/bin/python ask.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "time-opening-hours-note: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
