#!/usr/bin/env bash
# The account of a refund in Libya or Mongolia is refused by two npm packages, and the Belgian IBAN of every textbook by python-stdnum.
# Packages: ibantools 4.5.4, iban 0.0.14, ibankit 1.6.5, validator 13.15.35 from npm; python-stdnum 2.2, schwifty 2026.10.1 from PyPI
# Expected: the examples of the IBAN registry are valid for all; blanks, hyphens and small letters are a matter of taste; the check digits are in all countries.
# Happens: iban and validator do not know the countries that joined since 2021, ibankit not Yemen. python-stdnum knows no Belgian bank 539. ibantools wants
#   neither blanks nor small letters. The check digits that a country has within the number are checked by ibankit, for some countries by ibantools and
#   python-stdnum, by schwifty when asked, and else by none.
# Matters: points that are paid out go nowhere, or the customer is told that the account he has used for years does not exist.
# Output seen:
#> Germany, DE89370400440532013000: refused by none
#> Belgium, BE68539007547034: refused by python-stdnum
#> Belgium, blanks, BE68 5390 0754 7034: refused by ibantools, python-stdnum
#> Germany, hyphens, DE89-3704-0044-0532-0130-00: refused by ibantools, schwifty, schwifty with validate_bban
#> Germany, small, de89370400440532013000: refused by ibantools
#> Libya, LY83002048000020100120361: refused by iban, validator
#> Sudan, SD2129010501234001: refused by iban, validator
#> Mongolia, MN121234123456789123: refused by iban, validator
#> Somalia, SO211000001001000100141: refused by iban, validator
#> Yemen, YE15CBYE0001018861234567891234: refused by iban, ibankit, validator
#> Spain, wrong within, ES6421000418450200051333: refused by ibantools, ibankit, python-stdnum, schwifty with validate_bban
#> Norway, wrong within, NO6686011117948: refused by ibantools, ibankit, python-stdnum, schwifty with validate_bban
#> Italy, wrong within, IT65A0542811101000000123456: refused by ibankit, schwifty with validate_bban
#> France, wrong within, FR8420041010050500013M02607: refused by ibantools, ibankit, schwifty with validate_bban
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" ibantools@4.5.4 iban@0.0.14 ibankit@1.6.5 validator@13.15.35 >/dev/null
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check python-stdnum==2.2 schwifty==2026.10.1
cd "$work"
cat >by_js.cjs <<'PROGRAM'
const iban = require("iban");
const ibankit = require("ibankit");
const ibantools = require("ibantools");
const validator = require("validator");

const checks = { ibantools: ibantools.isValidIBAN, iban: iban.isValid, ibankit: ibankit.IBAN.isValid, validator: validator.isIBAN };
const answer = (check, number) => {
  try {
    return Boolean(check(number));
  } catch {
    return false;
  }
};
const numbers = JSON.parse(process.argv[2]);
console.log(JSON.stringify(Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, numbers.map((number) => answer(check, number))]))));
PROGRAM
cat >check.py <<'PROGRAM'
import json
import subprocess
import warnings

import schwifty
import stdnum.iban

warnings.simplefilter("ignore")
NUMBERS = {
    "Germany": "DE89370400440532013000",
    "Belgium": "BE68539007547034",
    "Belgium, blanks": "BE68 5390 0754 7034",
    "Germany, hyphens": "DE89-3704-0044-0532-0130-00",
    "Germany, small": "de89370400440532013000",
    "Libya": "LY83002048000020100120361",
    "Sudan": "SD2129010501234001",
    "Mongolia": "MN121234123456789123",
    "Somalia": "SO211000001001000100141",
    "Yemen": "YE15CBYE0001018861234567891234",
    "Spain, wrong within": "ES6421000418450200051333",
    "Norway, wrong within": "NO6686011117948",
    "Italy, wrong within": "IT65A0542811101000000123456",
    "France, wrong within": "FR8420041010050500013M02607",
}


def by_schwifty(number, **options):
    try:
        return bool(schwifty.IBAN(number, **options))
    except ValueError:
        return False


told = json.loads(subprocess.run(["node", "by_js.cjs", json.dumps(list(NUMBERS.values()))], stdout=subprocess.PIPE, check=True, text=True).stdout)
told["python-stdnum"] = [stdnum.iban.is_valid(number) for number in NUMBERS.values()]
told["schwifty"] = [by_schwifty(number) for number in NUMBERS.values()]
told["schwifty with validate_bban"] = [by_schwifty(number, validate_bban=True) for number in NUMBERS.values()]
for place, (label, number) in enumerate(NUMBERS.items()):
    refused = [name for name, answers in told.items() if not answers[place]]
    print(f"{label}, {number}: refused by {', '.join(refused) or 'none'}")
PROGRAM
env/bin/python check.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "refund-iban-unknown: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
