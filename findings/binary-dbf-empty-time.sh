#!/usr/bin/env bash
# In the DBF file of an old till an empty time is the 24th of November 4714 BC for dbffile, and no amount is an amount of 0 for all.
# Packages: dbf 0.99.11, dbfread 2.0.7 from PyPI; dbffile 1.13.0 from npm
# Expected: what one library of the format wrote, texts, times and nothing, is what the two others read.
# Happens: dbffile reckons a time that is not there from day 0 of the Julian calendar, cuts FoxPro's milliseconds and carries 999 of them on, here into the next
#   year. dbf drops the blanks in front of a text that it writes, and writes no amount as 0. Empty dates, numbers and truth values are
#   nothing for both readers.
# Matters: two sales of one second have one key, and a customer who never came has last come before the pyramids.
# Output seen:
#> sale 1, CARD: 0018
#> sale 1, DAY: 2026-02-03T00:00:00.000Z
#> sale 1, LAST: 2026-02-03T10:00:00.400Z for dbfread, 2026-02-03T10:00:00.000Z for dbffile
#> sale 1, PAID: true
#> sale 1, POINTS: 5.0
#> sale 1, AMOUNT: 19.9
#> sale 2, CARD: 12
#> sale 2, DAY: null
#> sale 2, LAST: 2026-12-31T23:59:59.999Z for dbfread, 2027-01-01T00:00:00.000Z for dbffile
#> sale 2, PAID: null
#> sale 2, POINTS: null
#> sale 2, AMOUNT: 0.0
#> sale 3, CARD: 0
#> sale 3, DAY: null
#> sale 3, LAST: null for dbfread, -004713-11-24T00:00:00.000Z for dbffile
#> sale 3, PAID: null
#> sale 3, POINTS: null
#> sale 3, AMOUNT: 0.0
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check dbf==0.99.11 dbfread==2.0.7
npm install --silent --no-audit --no-fund --prefix "$work" dbffile@1.13.0 >/dev/null
cd "$work"
cat >write.py <<'PROGRAM'
import datetime

import dbf

table = dbf.Table("sales.dbf", "card C(6); day D; last T; paid L; points N(8,0); amount Y", dbf_type="vfp")
table.open(dbf.READ_WRITE)
table.append(("0018", datetime.date(2026, 2, 3), datetime.datetime(2026, 2, 3, 10, 0, 0, 400000), True, 5, 19.9))
table.append((" 12", None, datetime.datetime(2026, 12, 31, 23, 59, 59, 999000), None, None, None))
table.append(("0", None, None, None, None, 0))
table.close()
PROGRAM
cat >read.mjs <<'PROGRAM'
import { DBFFile } from "dbffile";

const table = await DBFFile.open("sales.dbf");
console.log(JSON.stringify(await table.readRecords()));
PROGRAM
cat >compare.py <<'PROGRAM'
import datetime
import json

from dbfread import DBF


def shown(value):
    if isinstance(value, datetime.datetime):
        return f"{value.isoformat(timespec='milliseconds')}Z"
    if isinstance(value, datetime.date):
        return f"{value.isoformat()}T00:00:00.000Z"
    return json.dumps(value if value is None or isinstance(value, (bool, str)) else float(value)).strip('"')


for number, (python, js) in enumerate(zip(DBF("sales.dbf"), json.load(open("js.json"))), 1):
    for name, value in python.items():
        one, other = shown(value), shown(js[name])
        print(f"sale {number}, {name}: {one}" if one == other else f"sale {number}, {name}: {one} for dbfread, {other} for dbffile")
PROGRAM
export TZ=UTC
env/bin/python write.py
node read.mjs >js.json
env/bin/python compare.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "binary-dbf-empty-time: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
