#!/usr/bin/env bash
# A QIF file has another date and another amount for each reader: 02/03/26 is in March 1926 or in February 2026, (1.99) is plus 1.99.
# Packages: qifparse 0.5, quiffen 4.0.1 from PyPI
# Expected: QIF as Quicken writes it has month/day'year, with two digits of the year in this century; (1.99) is negative, 19,90 is 19.9 or an error.
# Happens: qifparse puts the day first and every two digits of a year behind 19 (unless the day has a blank before it and the year an
#   apostrophe), and refuses a thousands comma. quiffen puts the month first, and drops commas, blanks, signs of currency and parentheses:
#   what they mean is lost, and 19,90 is 1990.
# Matters: purchases brought in from a household-accounts file count for the wrong month, or with the wrong sign or size.
# Output seen:
#> 02/03/2026 qifparse 2026-03-02 quiffen 2026-02-03
#> 02/03/26 qifparse 1926-03-02 quiffen 2026-02-03
#> 2/ 3'26 qifparse 2026-03-02 quiffen 2026-02-03
#> 2/3'26 qifparse ValueError quiffen 2026-02-03
#> 2/3/70 qifparse 1970-03-02 quiffen 2070-02-03
#> -1.99 qifparse -1.9900 quiffen -1.9900
#> -1,234.50 qifparse ValueError quiffen -1234.5000
#> (1.99) qifparse ValueError quiffen 1.9900
#> -19,90 qifparse ValueError quiffen -1990.0000
#> -0,5 qifparse ValueError quiffen -5.0000
#> 1.234,50 qifparse ValueError quiffen 1.2345
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check qifparse==0.5 quiffen==4.0.1
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import io

import quiffen
from qifparse.parser import QifParser


def by_qifparse(text):
    return QifParser.parse(io.StringIO(text)).get_transactions()[0][0]


def by_quiffen(text):
    (account,) = quiffen.Qif.parse_string(text).accounts.values()
    ((one,),) = account.transactions.values()
    return one


def told(date, amount, show):
    for reader in (by_qifparse, by_quiffen):
        try:
            yield f"{reader.__name__[3:]} {show(reader(f'!Type:Bank{chr(10)}D{date}{chr(10)}T{amount}{chr(10)}PShop{chr(10)}^{chr(10)}'))}"
        except ValueError as error:
            yield f"{reader.__name__[3:]} {type(error).__name__}"


for date in ("02/03/2026", "02/03/26", "2/ 3'26", "2/3'26", "2/3/70"):
    print(date, *told(date, "-1.99", lambda one: f"{one.date:%Y-%m-%d}"))
for amount in ("-1.99", "-1,234.50", "(1.99)", "-19,90", "-0,5", "1.234,50"):
    print(amount, *told("12/12/2026", amount, lambda one: f"{one.amount:.4f}"))
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "money-qif-readers: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
