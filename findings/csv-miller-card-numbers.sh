#!/usr/bin/env bash
# Asked for the sum or the highest of a column, Miller takes the number 0018 for a text and leaves it out or above all numbers, and writes 0x1F bare into JSON.
# Packages: Debian 12: miller 6.6.0-2+b3, datamash 1.7-2
# Expected: 0018 is the number 18 for who reckons with it, or an error; a sum leaves nothing out; JSON output is JSON.
# Happens: what has a zero or a plus in front is a string: 0018 + 1 is (error), the sum of 0018 and 5 is 5, their count 2 and their mean 5, and 0018 is sorted before
#   12E5 as the highest. 0x1F, 0b11, .5 and 5. come out without quotes, which no JSON reader takes. datamash reads all three as numbers.
# Matters: the evening's total of points leaves lines out without a word, and the export to the loyalty service cannot be read.
# Output seen:
#> 0018 by Miller: {"points": "0018", "type": "string", "one_more": (error)} is no JSON
#> 007 by Miller: {"points": "007", "type": "string", "one_more": (error)} is no JSON
#> 18 by Miller: {"points": 18, "type": "int", "one_more": 19} is JSON
#> 12E5 by Miller: {"points": 12E5, "type": "float", "one_more": 1200001} is JSON
#> 0x1F by Miller: {"points": 0x1F, "type": "int", "one_more": 32} is no JSON
#> 0b11 by Miller: {"points": 0b11, "type": "int", "one_more": 4} is no JSON
#> .5 by Miller: {"points": .5, "type": "float", "one_more": 1.5} is no JSON
#> 5. by Miller: {"points": 5., "type": "float", "one_more": 6} is no JSON
#> +5 by Miller: {"points": "+5", "type": "string", "one_more": (error)} is no JSON
#> 19.90 by Miller: {"points": 19.90, "type": "float", "one_more": 20.9} is JSON
#> 0018 and 5 by Miller: points_sum 5 points_count 2 points_mean 5 points_max 0018
#> 5, 12E5 and 0018 by Miller, highest first: 0018 12E5 5
#> 0018 and 5 by datamash: sum 23, of 12E5 and 0x1F 1200031
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/debs"
chmod 755 "$work"
(cd "$work/debs" && apt-get download --quiet=2 miller=6.6.0-2+b3 datamash=1.7-2 >/dev/null 2>&1)
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/debian"; done
cd "$work"
bin=$work/debian/usr/bin
export LC_ALL=C.UTF-8
sales() {
  printf 'points\n'
  printf '%s\n' "$@"
}
{
  for value in 0018 007 18 12E5 0x1F 0b11 .5 5. +5 19.90; do
    written=$(sales "$value" | "$bin/mlr" --icsv --ojsonl put '$type = typeof($points); $one_more = $points + 1')
    python3 -c 'import json, sys; json.loads(sys.argv[1])' "$written" 2>>log && valid="JSON" || valid="no JSON"
    echo "$value by Miller: $written is $valid"
  done
  echo "0018 and 5 by Miller: $(sales 0018 5 | "$bin/mlr" --icsv --oxtab stats1 -a sum,count,mean,max -f points | tr -s ' \n' ' ')"
  echo "5, 12E5 and 0018 by Miller, highest first: $(sales 5 12E5 0018 | "$bin/mlr" --icsv --onidx sort -nr points | tr '\n' ' ')"
  echo "0018 and 5 by datamash: sum $(sales 0018 5 | "$bin/datamash" --header-in sum 1), of 12E5 and 0x1F $(sales 12E5 0x1F | "$bin/datamash" --header-in sum 1)"
} >seen
sed -i 's/ *$//' seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "csv-miller-card-numbers: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
