#!/usr/bin/env bash
# To csvkit the article 5d is five days, the time 10:30 ten and a half minutes, the discount 10% the number 10, and 19.90 in euros or dollars the same price.
# Packages: csvkit 2.2.0, agate 1.14.2 from PyPI
# Expected: an export of sales keeps its words: what is no plain number stays text, and a price in another currency, or a share, another thing.
# Happens: agate, which guesses the types, takes currency signs and percent off numbers, and reads as a duration what looks like one: 3h, 1:30, 10:30. A day
#   first date is read month first when its column has ISO dates. A column of NA and none alone is of truth values. Cards lose their zeros.
#   Switched off (--no-inference) all stays as it is, and then nothing is sorted by number.
# Matters: csvsort or csvjson, meant to sort or convert a file, hands on other articles, discounts and opening times, without a word.
# Output seen:
#> 1. card: Number
#> 2. article: TimeDelta
#> 3. discount: Number
#> 4. price: Number
#> 5. opens: TimeDelta
#> 6. length: TimeDelta
#> 7. day: Date
#> 8. paid: Boolean
#> 9. tier: Boolean
#> card,article,discount,price,opens,length,day,paid,tier
#> 12,3:00:00,5,19.90,0:09:00,0:00:45,2026-03-02,False,
#> 18,"5 days, 0:00:00",10,19.90,0:10:30,0:01:30,2026-02-03,True,
#> [{"card": 18.0, "article": "5 days, 0:00:00", "discount": 10.0, "price": 19.9, "opens": "0:10:30", "length": "0:01:30", "day": "2026-02-03", "paid": true, "tier": null}, {"card": 12.0, "article": "3:00:00", "discount": 5.0, "price": 19.9, "opens": "0:09:00", "length": "0:00:45", "day": "2026-03-02", "paid": false, "tier": null}]
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check csvkit==2.2.0 agate==1.14.2
cd "$work"
cat >sales.csv <<'CSV'
card,article,discount,price,opens,length,day,paid,tier
0018,5d,10%,$19.90,10:30,1:30,2026-02-03,yes,NA
0012,3h,5%,€19.90,09:00,0:45,03/02/2026,no,none
CSV
{
  env/bin/csvstat --type sales.csv
  env/bin/csvsort -c card sales.csv
  env/bin/csvjson sales.csv
  echo
} | sed 's/^ *//' >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "csv-article-is-a-duration: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
