#!/usr/bin/env bash
# A voucher of 100 EUR is one euro in the words of num2words, 19.90 is nineteen for number-to-words and twenty for written-number, and 0.5 less has no minus.
# Packages: num2words 0.5.14 from PyPI; number-to-words 1.2.4, written-number 0.11.1, to-words 5.7.0 from npm
# Expected: an amount in words is the amount; who cannot say cents refuses them.
# Happens: num2words takes an integer for cents when asked for a currency, and loses the sign of what is between -1 and 0 when not. number-to-words leaves out what
#   is behind the point, written-number rounds it away, and to-words says 1.995 as "One Point Nine Hundred Ninety Five", but 1.005 as "Zero Zero Five".
# Matters: the words are what counts on a voucher or cheque when they differ from the digits.
# Output seen:
#> 100 by num2words: one euro, zero cents; without a currency: one hundred
#> 100.0 by num2words: one hundred euro, zero cents; without a currency: one hundred
#> Decimal('100') by num2words: one hundred euro, zero cents; without a currency: one hundred
#> 19 by num2words: zero euro, nineteen cents; without a currency: nineteen
#> 19.9 by num2words: nineteen euro, ninety cents; without a currency: nineteen point nine
#> '19.90' by num2words: nineteen euro, ninety cents; without a currency: nineteen point nine
#> 1.995 by num2words: two euro, zero cents; without a currency: one point nine nine five
#> 2.675 by num2words: two euro, sixty-seven cents; without a currency: two point six seven five
#> -0.5 by num2words: minus zero euro, fifty cents; without a currency: zero point five
#> 100 by number-to-words: one hundred; written-number: one hundred
#>   by to-words: One Hundred Pounds Only; without a currency: One Hundred
#> 19.9 by number-to-words: nineteen; written-number: twenty
#>   by to-words: Nineteen Pounds And Ninety Pence Only; without a currency: Nineteen Point Nine
#> 1.995 by number-to-words: one; written-number: two
#>   by to-words: Two Pounds Only; without a currency: One Point Nine Hundred Ninety Five
#> 1.005 by number-to-words: one; written-number: one
#>   by to-words: One Pound Only; without a currency: One Point Zero Zero Five
#> 2.675 by number-to-words: two; written-number: three
#>   by to-words: Two Pounds And Sixty Seven Pence Only; without a currency: Two Point Six Hundred Seventy Five
#> 0.29 by number-to-words: zero; written-number: zero
#>   by to-words: Zero Pounds And Twenty Nine Pence Only; without a currency: Zero Point Twenty Nine
#> -0.5 by number-to-words: zero; written-number: nothing
#>   by to-words: Minus Zero Pounds And Fifty Pence Only; without a currency: Minus Zero Point Five
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check num2words==0.5.14
npm install --silent --no-audit --no-fund --prefix "$work" number-to-words@1.2.4 written-number@0.11.1 to-words@5.7.0 >/dev/null
cd "$work"
cat >by_python.py <<'PROGRAM'
from decimal import Decimal

from num2words import num2words

for amount in (100, 100.0, Decimal("100"), 19, 19.90, "19.90", 1.995, 2.675, -0.5):
    print(f"{amount!r} by num2words: {num2words(amount, to='currency', currency='EUR')}; without a currency: {num2words(amount)}")
PROGRAM
cat >by_js.cjs <<'PROGRAM'
const numberToWords = require("number-to-words");
const { ToWords } = require("to-words");
const writtenNumber = require("written-number");

const plain = new ToWords({ localeCode: "en-GB" });
for (const amount of [100, 19.9, 1.995, 1.005, 2.675, 0.29, -0.5]) {
  console.log(`${amount} by number-to-words: ${numberToWords.toWords(amount)}; written-number: ${writtenNumber(amount) || "nothing"}`);
  console.log(`  by to-words: ${plain.convert(amount, { currency: true })}; without a currency: ${plain.convert(amount)}`);
}
PROGRAM
env/bin/python by_python.py >seen
node by_js.cjs >>seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "money-in-words: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
