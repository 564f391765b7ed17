#!/usr/bin/env bash
# A vanity phone number is one number for phonenumbers and another, shorter one for libphonenumber-js: +18003569377 and +11800.
# Packages: phonenumbers 9.0.43 from PyPI, libphonenumber-js 1.13.16 from npm
# Expected: 1-800-FLOWERS in the US is +1 800 356 9377 for both ports of one library, or an error where letters are not supported.
# Happens: phonenumbers spells the letters as digits. libphonenumber-js cuts the text at the first letter and returns +11800 with country US and no
#   error (isValid() is false). Text after a second number is the other way round: "212-555-0123 or 0124" is one number of 14 digits for
#   phonenumbers and nothing for libphonenumber-js.
# Matters: two services key one customer by two numbers, or two customers by one prefix, when a till's free text is the source.
# Output seen:
#> phonenumbers: 1-800-FLOWERS +18003569377 valid True
#> phonenumbers: 212-555-0123 or 0124 +121255501230124 valid False
#> phonenumbers: 212-555-0123 ext 7 +12125550123 valid True
#> libphonenumber-js: 1-800-FLOWERS +11800 valid false
#> libphonenumber-js: 212-555-0123 or 0124 no number
#> libphonenumber-js: 212-555-0123 ext 7 +12125550123 valid true
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check phonenumbers==9.0.43
npm install --silent --no-audit --no-fund --prefix "$work" libphonenumber-js@1.13.16 >/dev/null
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import phonenumbers

for text in ("1-800-FLOWERS", "212-555-0123 or 0124", "212-555-0123 ext 7"):
    number = phonenumbers.parse(text, "US")
    print("phonenumbers:", text, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), "valid", phonenumbers.is_valid_number(number))
PROGRAM
cat >"$work/program.js" <<'PROGRAM'
const { parsePhoneNumberFromString } = require("libphonenumber-js");
for (const text of ["1-800-FLOWERS", "212-555-0123 or 0124", "212-555-0123 ext 7"]) {
  const number = parsePhoneNumberFromString(text, "US");
  console.log("libphonenumber-js:", text, number ? `${number.number} valid ${number.isValid()}` : "no number");
}
PROGRAM
node "$work/program.js" >>"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "phone-vanity-number: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
