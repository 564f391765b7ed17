#!/usr/bin/env bash
# 365 days are 1 year, 1 month and 1 day for Carbon, whose year has 336 days, and 13 months and 1 day for chronic_duration, which reads that again as 391 days.
# Packages: Debian 12: php-nesbot-carbon 2.65.0-1+deb12u1, ruby-chronic-duration 0.10.6.2-2 (GitLab's); humanize 4.17.0, pytimeparse2 1.7.1 from PyPI;
#   humanize-duration 3.35.1, human-interval 2.0.1 from npm
# Expected: the kinds differ in how long a month is, but what a library writes it can read, and 365 days are about a year.
# Happens: Carbon reckons 4 weeks to the month and 12 months to the year, and cascade() carries by that. Asked for weeks, chronic_duration writes a month for
#   every four of them, and reads a month as 30 days, so that 30 days come back as 32. humanize calls 28 days a month.
# Matters: "points are valid for 365 days" is shown, stored and sent on as a year and a month, or as 391 days.
# Output seen:
#> 28 days by chronic_duration: 28 days, read again 28.0 days
#> 28 days by chronic_duration, weeks: 1 mo, read again 30.0 days
#> 30 days by chronic_duration: 1 mo, read again 30.0 days
#> 30 days by chronic_duration, weeks: 1 mo 2 days, read again 32.0 days
#> 60 days by chronic_duration: 2 mos, read again 60.0 days
#> 60 days by chronic_duration, weeks: 2 mos 4 days, read again 64.0 days
#> 365 days by chronic_duration: 12 mos 5 days, read again 365.0 days
#> 365 days by chronic_duration, weeks: 13 mos 1 day, read again 391.0 days
#> 1 year by chronic_duration: 365.25 days, 12 months: 360.0
#> 28 days by Carbon: 1 month, read again 28 days
#> 30 days by Carbon: 1 month 2 days, read again 30 days
#> 60 days by Carbon: 2 months 4 days, read again 60 days
#> 365 days by Carbon: 1 year 1 month 1 day, read again 365 days
#> 1 year by Carbon: 336 days, 12 months: 336
#> 28 days by humanize-duration: 4 weeks
#> 30 days by humanize-duration: 4 weeks, 2 days
#> 60 days by humanize-duration: 1 month, 4 weeks, 1 day, 13 hours, 30 minutes
#> 365 days by humanize-duration: 11 months, 4 weeks, 2 days, 4 hours, 30 minutes
#> 1 year by human-interval: 365 days, 12 months: 360
#> 28 days by humanize: a month or 28 days
#> 30 days by humanize: a month or 30 days
#> 60 days by humanize: 2 months or 1 month and 29 days
#> 365 days by humanize: a year or 1 year
#> 1 year by pytimeparse2: 365.0 days, 12 months: 360.0
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/debs"
chmod 755 "$work"
(cd "$work/debs" && apt-get download --quiet=2 ruby-chronic-duration=0.10.6.2-2 php-nesbot-carbon=2.65.0-1+deb12u1 ruby3.1 libruby3.1 libyaml-0-2 ruby-numerizer \
  php8.2-cli php8.2-common php8.2-mbstring php-symfony-translation php-symfony-translation-contracts php-symfony-deprecation-contracts \
  libonig5 libedit2 libsodium23 libargon2-1 libxml2 libicu72 >/dev/null 2>&1)
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/debian"; done
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check humanize==4.17.0 pytimeparse2==1.7.1
npm install --silent --no-audit --no-fund --prefix "$work" humanize-duration@3.35.1 human-interval@2.0.1 >/dev/null
cd "$work"
cat >by_ruby.rb <<'PROGRAM'
require "gitlab_chronic_duration"

[28, 30, 60, 365].each do |days|
  [{}, { weeks: true }].each do |options|
    text = ChronicDuration.output(days * 86400, options.dup)
    read = ChronicDuration.parse(text) / 86400.0
    puts "#{days} days by chronic_duration#{options.empty? ? "" : ", weeks"}: #{text}, read again #{read.round(1)} days"
  end
end
puts "1 year by chronic_duration: #{ChronicDuration.parse("1 year") / 86400.0} days, 12 months: #{ChronicDuration.parse("12 months") / 86400.0}"
PROGRAM
cat >by_php.php <<'PROGRAM'
<?php
error_reporting(E_ALL & ~E_DEPRECATED & ~E_USER_DEPRECATED);
set_include_path(__DIR__ . "/debian/usr/share/php");
require "Carbon/autoload.php";
use Carbon\CarbonInterval;
foreach ([28, 30, 60, 365] as $days) {
    $carried = CarbonInterval::days($days)->cascade();
    echo "$days days by Carbon: ", $carried->forHumans(), ", read again {$carried->totalDays} days\n";
}
echo "1 year by Carbon: ", CarbonInterval::year()->totalDays, " days, 12 months: ", CarbonInterval::months(12)->totalDays, "\n";
PROGRAM
cat >by_js.cjs <<'PROGRAM'
const humanize = require("humanize-duration");
const interval = require("human-interval");

const day = 86400000;
for (const days of [28, 30, 60, 365]) console.log(`${days} days by humanize-duration: ${humanize(days * day)}`);
console.log(`1 year by human-interval: ${interval("1 year") / day} days, 12 months: ${interval("12 months") / day}`);
PROGRAM
cat >by_python.py <<'PROGRAM'
import datetime

import humanize
import pytimeparse2

for days in (28, 30, 60, 365):
    span = datetime.timedelta(days)
    print(f"{days} days by humanize: {humanize.naturaldelta(span)} or {humanize.precisedelta(span)}")
print("1 year by pytimeparse2:", pytimeparse2.parse("1 year") / 86400, "days, 12 months:", pytimeparse2.parse("12 months") / 86400)
PROGRAM
libraries=$work/debian/usr/lib/x86_64-linux-gnu
ruby=$work/debian/usr/lib/ruby
LD_LIBRARY_PATH="$libraries" RUBYLIB="$ruby/vendor_ruby:$ruby/3.1.0:$libraries/ruby/3.1.0" "$work/debian/usr/bin/ruby3.1" --disable-gems by_ruby.rb >seen
LD_LIBRARY_PATH="$libraries" "$work/debian/usr/bin/php8.2" -n -d extension="$work/debian/usr/lib/php/20220829/mbstring.so" -d date.timezone=UTC by_php.php >>seen
node by_js.cjs >>seen
env/bin/python by_python.py >>seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "time-year-and-a-month: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
