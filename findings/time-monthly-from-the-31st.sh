#!/usr/bin/env bash
# Repeated monthly from 31 January, an offer comes on 28 February with ice_cube, from March on always on the 3rd with CarbonPeriod, and in no February by RFC 5545.
# Packages: Debian 12: ruby-ice-cube 0.16.4-3, php-nesbot-carbon 2.65.0-1+deb12u1; python-dateutil 2.9.0.post0 from PyPI
# Expected: a month without a 31st is left out, as RFC 5545 has it, or has its last day; the day it began on comes back with the next month that has it.
# Happens: ice_cube takes the last day, also when the rule is FREQ=MONTHLY read from a calendar, and a yearly 29 February is the 28th in three of four years. It
#   leaves out BYSETPOS, so that "the last working day of a month" is every working day. CarbonPeriod adds a month to the day before, which never returns.
# Matters: one calendar entry on till, site and phone, and three lists of days on which it is given.
# Output seen:
#> dateutil, FREQ=MONTHLY: 31.01.26 31.03.26 31.05.26 31.07.26 31.08.26
#> dateutil, FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1: 27.02.26 31.03.26 30.04.26 29.05.26 30.06.26
#> dateutil, FREQ=YEARLY: 29.02.24 29.02.28 29.02.32 29.02.36 29.02.40
#> ice_cube, FREQ=MONTHLY: 31.01.26 28.02.26 31.03.26 30.04.26 31.05.26
#> ice_cube, FREQ=MONTHLY;BYMONTHDAY=31: 31.01.26 31.03.26 31.05.26 31.07.26 31.08.26
#> ice_cube, FREQ=YEARLY: 29.02.24 28.02.25 28.02.26 28.02.27 29.02.28
#> ice_cube, calendar with FREQ=MONTHLY: 31.01.26 28.02.26 31.03.26 30.04.26 31.05.26
#> ice_cube, calendar with FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1: 02.02.26 03.02.26 04.02.26 05.02.26 06.02.26
#> CarbonPeriod, R4/2026-01-31/P1M: 31.01.26 03.03.26 03.04.26 03.05.26
#> CarbonPeriod, R4/2024-02-29/P1Y: 29.02.24 01.03.25 01.03.26 01.03.27
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/debs"
chmod 755 "$work"
(cd "$work/debs" && apt-get download --quiet=2 ruby-ice-cube=0.16.4-3 php-nesbot-carbon=2.65.0-1+deb12u1 ruby3.1 libruby3.1 libyaml-0-2 \
  php8.2-cli php8.2-common php8.2-mbstring php-symfony-translation php-symfony-translation-contracts php-symfony-deprecation-contracts libonig5 libedit2 libsodium23 libargon2-1 libxml2 libicu72 >/dev/null 2>&1)
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/debian"; done
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check python-dateutil==2.9.0.post0
cd "$work"
cat >by_ruby.rb <<'PROGRAM'
require "time"
require "ice_cube"

show = ->(times) { times.map { |time| time.strftime("%d.%m.%y") }.join(" ") }
rules = { [2026, 1, 31] => [IceCube::Rule.monthly, IceCube::Rule.monthly.day_of_month(31)], [2024, 2, 29] => [IceCube::Rule.yearly] }
rules.each do |day, list|
  list.each do |rule|
    schedule = IceCube::Schedule.new(Time.utc(*day, 9)) { |made| made.add_recurrence_rule(rule) }
    puts "ice_cube, #{rule.to_ical}: #{show[schedule.first(5)]}"
  end
end
["FREQ=MONTHLY", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"].each do |rule|
  schedule = IceCube::Schedule.from_ical("DTSTART:20260131T090000Z\nRRULE:#{rule}")
  puts "ice_cube, calendar with #{rule}: #{show[schedule.first(5)]}"
end
PROGRAM
cat >by_php.php <<'PROGRAM'
<?php
error_reporting(E_ALL & ~E_DEPRECATED & ~E_USER_DEPRECATED);
set_include_path(__DIR__ . "/debian/usr/share/php");
require "Carbon/autoload.php";
foreach (["2026-01-31/P1M", "2024-02-29/P1Y"] as $rule) {
    $days = array_map(fn($day) => $day->format("d.m.y"), Carbon\CarbonPeriod::createFromIso("R4/$rule")->toArray());
    echo "CarbonPeriod, R4/$rule: ", implode(" ", $days), "\n";
}
PROGRAM
cat >by_python.py <<'PROGRAM'
import datetime
import itertools

from dateutil.rrule import rrulestr

for start, rule in (
    (datetime.datetime(2026, 1, 31, 9), "FREQ=MONTHLY"),
    (datetime.datetime(2026, 1, 31, 9), "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"),
    (datetime.datetime(2024, 2, 29, 9), "FREQ=YEARLY"),
):
    days = itertools.islice(rrulestr(rule, dtstart=start), 5)
    print(f"dateutil, {rule}:", *(f"{day:%d.%m.%y}" for day in days))
PROGRAM
libraries=$work/debian/usr/lib/x86_64-linux-gnu
ruby=$work/debian/usr/lib/ruby
env/bin/python by_python.py >seen
LD_LIBRARY_PATH="$libraries" RUBYLIB="$(echo "$work"/debian/usr/share/rubygems-integration/all/gems/*/lib):$ruby/vendor_ruby:$ruby/3.1.0:$libraries/ruby/3.1.0" \
  "$work/debian/usr/bin/ruby3.1" --disable-gems by_ruby.rb >>seen
LD_LIBRARY_PATH="$libraries" "$work/debian/usr/bin/php8.2" -n -d extension="$work/debian/usr/lib/php/20220829/mbstring.so" -d date.timezone=UTC by_php.php >>seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "time-monthly-from-the-31st: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
