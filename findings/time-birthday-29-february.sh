#!/usr/bin/env bash
# Born on 29 February 2008, a customer is 18 on 28 February 2026 for six date libraries, 17 for four, and 17 years and 12 months old for date-fns.
# Packages: date-fns 4.4.0, luxon 3.7.2, moment 2.31.0, dayjs 1.11.23, @js-temporal/polyfill 0.5.1, @js-joda/core 5.7.0 from npm;
#   python-dateutil 2.9.0.post0, pendulum 3.3.0, whenever 0.11.0 from PyPI
# Expected: whole years between two dates are counted one way, and go with the addition of years of the same library; months run from 0 to 11.
# Happens: all give 28 February for the birth plus 18 years. luxon, moment, dayjs, dateutil and whenever count to that day, the others to the day after it. date-fns
#   does one in differenceInYears and the other, halfway, in intervalToDuration. The same split makes 30 November to 28 February three months, or
#   two months and 28 or 29 days.
# Matters: the offer for adults, and the one for a year of membership, begin a day earlier in the app than at the till, or the other way round.
# Output seen:
#> 2008-02-29 to 2026-02-28
#>   date-fns, difference: 17 y, 216 m in all
#>   date-fns, interval: 17 y 12 m 0 d
#>   luxon: 18 y 0 m 0 d
#>   moment: 18 y, 216 m in all
#>   dayjs: 18 y, 216 m in all
#>   Temporal: 17 y 11 m 28 d
#>   js-joda: 17 y 11 m 30 d
#>   plus 18 years in JavaScript: 2026-02-28
#>   dateutil: 18 y 0 m 0 d
#>   pendulum: 17 y 11 m 30 d
#>   whenever: P18Y0M0D
#> 2025-11-30 to 2026-02-28
#>   date-fns, difference: 0 y, 3 m in all
#>   date-fns, interval: 0 y 3 m 0 d
#>   luxon: 0 y 3 m 0 d
#>   moment: 0 y, 3 m in all
#>   dayjs: 0 y, 3 m in all
#>   Temporal: 0 y 2 m 28 d
#>   js-joda: 0 y 2 m 29 d
#>   dateutil: 0 y 3 m 0 d
#>   pendulum: 0 y 2 m 29 d
#>   whenever: P0Y3M0D
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check python-dateutil==2.9.0.post0 pendulum==3.3.0 whenever==0.11.0
npm install --silent --no-audit --no-fund --prefix "$work" \
  date-fns@4.4.0 luxon@3.7.2 moment@2.31.0 dayjs@1.11.23 @js-temporal/polyfill@0.5.1 @js-joda/core@5.7.0 >/dev/null
cd "$work"
export TZ=UTC
cat >count.mjs <<'PROGRAM'
import { LocalDate, Period } from "@js-joda/core";
import { Temporal } from "@js-temporal/polyfill";
import { addYears, differenceInMonths, differenceInYears, intervalToDuration } from "date-fns";
import dayjs from "dayjs";
import { DateTime } from "luxon";
import moment from "moment";

const [from, to, years] = process.argv.slice(2);
const words = ({ years = 0, months = 0, days = 0 }) => `${years} y ${months} m ${days} d`;
const lines = {
  "date-fns, difference": `${differenceInYears(new Date(to), new Date(from))} y, ${differenceInMonths(new Date(to), new Date(from))} m in all`,
  "date-fns, interval": words(intervalToDuration({ start: new Date(from), end: new Date(to) })),
  luxon: words(DateTime.fromISO(to).diff(DateTime.fromISO(from), ["years", "months", "days"]).toObject()),
  moment: `${moment(to).diff(from, "years")} y, ${moment(to).diff(from, "months")} m in all`,
  dayjs: `${dayjs(to).diff(from, "year")} y, ${dayjs(to).diff(from, "month")} m in all`,
  Temporal: words(Temporal.PlainDate.from(to).since(from, { largestUnit: "years" })),
  "js-joda": ((period) => words({ years: period.years(), months: period.months(), days: period.days() }))(Period.between(LocalDate.parse(from), LocalDate.parse(to))),
};
for (const [name, line] of Object.entries(lines)) console.log(`  ${name}: ${line}`);
if (years) {
  const added = [
    addYears(new Date(from), years).toISOString(),
    DateTime.fromISO(from).plus({ years }).toISODate(),
    moment(from).add(years, "years").format(),
    dayjs(from).add(years, "year").format(),
    `${Temporal.PlainDate.from(from).add({ years: Number(years) })}`,
    `${LocalDate.parse(from).plusYears(Number(years))}`,
  ].map((text) => text.slice(0, 10));
  console.log(`  plus ${years} years in JavaScript: ${[...new Set(added)].join(" or ")}`);
}
PROGRAM
cat >count.py <<'PROGRAM'
import datetime
import sys

import pendulum
from dateutil.relativedelta import relativedelta
from whenever import Date

start, end = sys.argv[1:3]
delta = relativedelta(datetime.date.fromisoformat(end), datetime.date.fromisoformat(start))
print(f"  dateutil: {delta.years} y {delta.months} m {delta.days} d")
interval = pendulum.parse(end) - pendulum.parse(start)
print(f"  pendulum: {interval.years} y {interval.months} m {interval.weeks * 7 + interval.remaining_days} d")
print(f"  whenever: {Date.parse_iso(end).since(Date.parse_iso(start), in_units=['years', 'months', 'days'])}")
PROGRAM
{
  echo "2008-02-29 to 2026-02-28"
  node count.mjs 2008-02-29 2026-02-28 18
  env/bin/python count.py 2008-02-29 2026-02-28
  echo "2025-11-30 to 2026-02-28"
  node count.mjs 2025-11-30 2026-02-28
  env/bin/python count.py 2025-11-30 2026-02-28
} >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "time-birthday-29-february: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
