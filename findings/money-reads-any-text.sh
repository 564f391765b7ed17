#!/usr/bin/env bash
# currency.js reads 1e3 as 13, a typographic minus as plus and a time of day as an amount.
# Packages: currency.js 2.0.4 from npm
# Expected: text that is no plain amount gives an error or NaN; a number in JSON's exponent notation gives its value.
# Happens: every character that is no digit, dot or leading hyphen is dropped: "1e3" is 13, "1E2" is 12, U+2212 before 5 gives +5 (the
#   number format of Swedish or Norwegian writes that sign), "12:30" is 1230, and 1.234,56 is 1.23. Option errorOnInvalid objects to none
#   of them. "5-" (a trailing minus, as back offices export it) gives NaN, also without an error.
# Matters: one mistyped column of a price or points list becomes plausible money.
# Output seen:
#> "1e3" 13 with errorOnInvalid: 13
#> "1E2" 12 with errorOnInvalid: 12
#> "−5" 5 with errorOnInvalid: 5
#> "12:30" 1230 with errorOnInvalid: 1230
#> "1.234,56" 1.23 with errorOnInvalid: 1.23
#> "5-" NaN with errorOnInvalid: NaN
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" currency.js@2.0.4 >/dev/null
cat >"$work/program.js" <<'PROGRAM'
const currency = require("currency.js");
for (const text of ["1e3", "1E2", "\u22125", "12:30", "1.234,56", "5-"]) {
  let strict;
  try {
    strict = currency(text, { errorOnInvalid: true }).value;
  } catch (error) {
    strict = error.message;
  }
  console.log(JSON.stringify(text), currency(text).value, "with errorOnInvalid:", strict);
}
PROGRAM
node "$work/program.js" >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "money-reads-any-text: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
