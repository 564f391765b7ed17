#!/usr/bin/env bash
# Day.js adds nothing for P2W, a whole day for half a one and plus one month for -P1M, and writes half an hour (1 h - 30 min) as -PT1H30M.
# Packages: dayjs 1.11.23, luxon 3.7.2 from npm
# Expected: a duration that Day.js parses, and whose length in days it says, is added with that length; what it writes, it reads as the same.
# Happens: weeks are known by asDays and toISOString (P14D) and are passed over by add; a fraction is rounded up to a day or cut off an hour; the
#   sign before the P is dropped. A duration with one negative part is written negative as a whole. An ordinal date (2026-032, 1 February) is
#   taken for year, month and day: 2 March.
# Matters: an offer of two weeks ends when it begins, and one that was to end a month earlier ends a month later.
# Output seen:
#> P2W: 14 days; Day.js 2026-01-31T00, Luxon 2026-02-14T00
#> P1W2D: 9 days; Day.js 2026-02-02T00, Luxon 2026-02-09T00
#> P14D: 14 days; Day.js 2026-02-14T00, Luxon 2026-02-14T00
#> P0.5D: 0.5 days; Day.js 2026-02-01T00, Luxon 2026-01-31T12
#> PT1.5H: 0.0625 days; Day.js 2026-01-31T01, Luxon 2026-01-31T01
#> -P1M: 30.4167 days; Day.js 2026-02-28T00, Luxon 2025-12-31T00
#> {weeks: 2} as an object: Day.js 2026-01-31T00; add(2, "weeks") 2026-02-14T00
#> {"hours":1,"minutes":-30}: 0.5 hours, written by Day.js -PT1H30M, read again 1.5 hours
#> {"days":-1,"hours":12}: -12 hours, written by Day.js -P1DT12H, read again 36 hours
#> 2026-032: Day.js 2026-03-02, Luxon 2026-02-01
#> 2026-100: Day.js 2026-09-30, Luxon 2026-04-10
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" dayjs@1.11.23 luxon@3.7.2 >/dev/null
cat >"$work/add.js" <<'PROGRAM'
const dayjs = require("dayjs");
const { DateTime, Duration } = require("luxon");
dayjs.extend(require("dayjs/plugin/duration"));
dayjs.extend(require("dayjs/plugin/utc"));

const start = "2026-01-31T00:00:00Z";
const added = (...span) => dayjs.utc(start).add(...span).format("YYYY-MM-DDTHH");
for (const text of ["P2W", "P1W2D", "P14D", "P0.5D", "PT1.5H", "-P1M"]) {
  const span = dayjs.duration(text);
  const luxon = DateTime.fromISO(start, { zone: "utc" }).plus(Duration.fromISO(text)).toFormat("yyyy-MM-dd'T'HH");
  console.log(`${text}: ${Number(span.asDays().toFixed(4))} days; Day.js ${added(span)}, Luxon ${luxon}`);
}
console.log(`{weeks: 2} as an object: Day.js ${added(dayjs.duration({ weeks: 2 }))}; add(2, "weeks") ${added(2, "weeks")}`);
for (const parts of [{ hours: 1, minutes: -30 }, { days: -1, hours: 12 }]) {
  const written = dayjs.duration(parts).toISOString();
  const hours = [dayjs.duration(parts), dayjs.duration(written)].map((span) => span.asHours());
  console.log(`${JSON.stringify(parts)}: ${hours[0]} hours, written by Day.js ${written}, read again ${hours[1]} hours`);
}
for (const text of ["2026-032", "2026-100"]) {
  console.log(`${text}: Day.js ${dayjs.utc(text).format("YYYY-MM-DD")}, Luxon ${DateTime.fromISO(text).toISODate()}`);
}
PROGRAM
TZ=UTC node "$work/add.js" >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "time-two-weeks-are-nothing: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
