#!/usr/bin/env bash
# The offer of every Monday, 0 9 * * 1, starts on Tuesdays with APScheduler, and 0 0 9 * * 1, with seconds, is the ninth of every month for croniter.
# Packages: croniter 7.0.0, APScheduler 3.11.3, cronsim 2.8, tzdata 2026.6 from PyPI; cron-parser 5.10.6, croner 11.0.1, cron 4.4.0 from npm
# Expected: 1 is Monday and 0 or 7 Sunday; six fields begin with the seconds; two days are either of them, as cron has it; 29 February comes.
# Happens: APScheduler counts from Monday = 0 also in its from_crontab, wants both days at once, and refuses 7. croniter's sixth field is the seconds, so that
#   the hour is read as the day. cronsim alone follows cron where the day is */2: both must fit. cron cannot tell a next 29 February.
#   Sunday to Monday as 5-1 is a range for croniter only, L and 5L are known to some.
# Matters: the offer is shown on another day than the till grants it, from one expression in the database of both.
# Output seen:
#> 0 9 * * 1
#>   Mon 09.03.26 Mon 16.03.26 Mon 23.03.26: croniter, cronsim, cron-parser, croner, cron
#>   Tue 10.03.26 Tue 17.03.26 Tue 24.03.26: APScheduler
#> 0 9 * * 0
#>   Sun 08.03.26 Sun 15.03.26 Sun 22.03.26: croniter, cronsim, cron-parser, croner, cron
#>   Mon 09.03.26 Mon 16.03.26 Mon 23.03.26: APScheduler
#> 0 9 * * 7
#>   Sun 08.03.26 Sun 15.03.26 Sun 22.03.26: croniter, cronsim, cron-parser, croner, cron
#>   refused: APScheduler
#> 0 9 1 * 1
#>   Mon 09.03.26 Mon 16.03.26 Mon 23.03.26: croniter, cronsim, cron-parser, croner, cron
#>   Tue 01.09.26 Tue 01.12.26 Tue 01.06.27: APScheduler
#> 0 9 */2 * 1
#>   Thu 05.03.26 Sat 07.03.26 Mon 09.03.26: croniter, cron-parser, croner, cron
#>   Tue 17.03.26 Tue 31.03.26 Tue 07.04.26: APScheduler
#>   Mon 09.03.26 Mon 23.03.26 Mon 13.04.26: cronsim
#> 0 9 * * 5-1
#>   Fri 06.03.26 Sat 07.03.26 Sun 08.03.26: croniter
#>   refused: APScheduler, cronsim, cron-parser, croner, cron
#> 0 9 29 2 *
#>   Tue 29.02.28 Sun 29.02.32 Fri 29.02.36: croniter, APScheduler, cronsim, cron-parser, croner
#>   refused: cron
#> 0 9 L * *
#>   Tue 31.03.26 Thu 30.04.26 Sun 31.05.26: croniter, cronsim, cron-parser, croner
#>   refused: APScheduler, cron
#> 0 9 * * 5L
#>   refused: croniter, APScheduler, cron
#>   Fri 27.03.26 Fri 24.04.26 Fri 29.05.26: cronsim, cron-parser, croner
#> 0 0 9 * * 1
#>   Mon 09.03.26 Thu 09.04.26 Sat 09.05.26: croniter
#>   refused: APScheduler
#>   Mon 09.03.26 Mon 16.03.26 Mon 23.03.26: cronsim, cron-parser, croner, cron
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check croniter==7.0.0 APScheduler==3.11.3 cronsim==2.8 tzdata==2026.6
npm install --silent --no-audit --no-fund --prefix "$work" cron-parser@5.10.6 croner@11.0.1 cron@4.4.0 >/dev/null
cd "$work"
cat >expressions.json <<'JSON'
["0 9 * * 1", "0 9 * * 0", "0 9 * * 7", "0 9 1 * 1", "0 9 */2 * 1", "0 9 * * 5-1", "0 9 29 2 *", "0 9 L * *", "0 9 * * 5L", "0 0 9 * * 1"]
JSON
cat >by_js.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import { CronTime } from "cron";
import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";

const start = new Date("2026-03-03T12:00:00Z");
const by = {
  "cron-parser": (expression) => {
    const times = CronExpressionParser.parse(expression, { currentDate: start, tz: "UTC" });
    return [0, 1, 2].map(() => times.next().toDate());
  },
  croner: (expression) => new Cron(expression, { timezone: "UTC" }).nextRuns(3, start),
  cron: (expression) => {
    const time = new CronTime(expression, "UTC");
    const times = [start];
    for (let count = 0; count < 3; count++) times.push(time.getNextDateFrom(times.at(-1), "UTC").toJSDate());
    return times.slice(1);
  },
};
for (const expression of JSON.parse(readFileSync("expressions.json", "utf8"))) {
  const told = {};
  for (const [name, next] of Object.entries(by)) {
    try {
      told[name] = next(expression).map((time) => time.toISOString().slice(0, 10));
    } catch {
      told[name] = null;
    }
  }
  console.log(JSON.stringify(told));
}
PROGRAM
cat >by_python.py <<'PROGRAM'
import datetime
import itertools
import json
import sys

from apscheduler.triggers.cron import CronTrigger
from croniter import croniter
from cronsim import CronSim

START = datetime.datetime(2026, 3, 3, 12)


def by_apscheduler(expression):
    trigger = CronTrigger.from_crontab(expression, timezone="UTC")
    time = START.replace(tzinfo=datetime.timezone.utc)
    while True:
        time = trigger.get_next_fire_time(None, time)
        yield time
        time += datetime.timedelta(seconds=1)


BY = {
    "croniter": lambda expression: croniter(expression, START, ret_type=datetime.datetime),
    "APScheduler": by_apscheduler,
    "cronsim": lambda expression: CronSim(expression, START),
}
for expression, line in zip(json.load(open("expressions.json")), sys.stdin):
    days = {}
    for name, times in BY.items():
        try:
            days[name] = [f"{time:%Y-%m-%d}" for time in itertools.islice(times(expression), 3)]
        except Exception:
            days[name] = None
    same = {}
    for name, dates in {**days, **json.loads(line)}.items():
        told = "refused" if dates is None else " ".join(f"{datetime.date.fromisoformat(day):%a %d.%m.%y}" for day in dates)
        same.setdefault(told, []).append(name)
    print(expression)
    for told, names in same.items():
        print(f"  {told}: {', '.join(names)}")
PROGRAM
node by_js.mjs >js 2>log
LC_ALL=C.UTF-8 env/bin/python by_python.py <js >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "time-weekly-offer-by-cron: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
