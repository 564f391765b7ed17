#!/usr/bin/env bash
# The coupon 1234567 in Crockford's base 32 is 15NM7 for four packages and 2BB8E for a fifth, and 15-NM7 is the coupon 37 for one that drops what follows.
# Packages: base32-crockford 0.3.0, baas32 0.3.2, crock 1.0.0 from PyPI; crockford-base32 2.1.0, encode32 1.1.0 from npm
# Expected: numbers have one text in it; hyphens are passed over, O is 0, I and L are 1, and U and the signs that are for checking only are no digits.
# Happens: crockford-base32 fills up with zero bits behind the number, so that codes have another length and order. encode32 stops at a hyphen or a U without
#   an error. Two others count the check symbols * and U as digits 32 and 36, and one of them then gets another number out of the U.
# Matters: a code made by the shop's service is another customer's coupon, or none, in the till's; a code with its hyphen is taken as a short one.
# Output seen:
#> number 18: J by base32-crockford, baas32, crock, encode32; 28 by crockford-base32
#> number 1234567: 15NM7 by base32-crockford, baas32, crock, encode32; 2BB8E by crockford-base32
#> code 15NM7: 1234567 by base32-crockford, baas32, crock, encode32; 158024576 by crockford-base32
#> code 15nm7: 1234567 by base32-crockford, baas32, crock, encode32; 158024576 by crockford-base32
#> code 15-NM7: 1234567 by base32-crockford, baas32, crock; 158024576 by crockford-base32; 37 by encode32
#> code O1IL: 1057 by base32-crockford, baas32, crock, encode32; 16912 by crockford-base32
#> code 16J*: 39520 by base32-crockford, baas32; refused by crock, crockford-base32; 1234 by encode32
#> code ABU: 10628 by base32-crockford; 10618 by baas32; refused by crock, crockford-base32; 331 by encode32
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check base32-crockford==0.3.0 baas32==0.3.2 crock==1.0.0
npm install --silent --no-audit --no-fund --prefix "$work" crockford-base32@2.1.0 encode32@1.1.0 >/dev/null
cd "$work"
cat >by_js.cjs <<'PROGRAM'
const { CrockfordBase32 } = require("crockford-base32");
const { encode, decode } = require("encode32");

const [numbers, codes] = JSON.parse(process.argv[2]);
const attempt = (call) => {
  try {
    return String(call());
  } catch {
    return "refused";
  }
};
console.log(
  JSON.stringify({
    "crockford-base32": [...numbers.map((n) => attempt(() => CrockfordBase32.encode(n))), ...codes.map((c) => attempt(() => CrockfordBase32.decode(c, { asNumber: true })))],
    encode32: [...numbers.map((n) => attempt(() => encode(n))), ...codes.map((c) => attempt(() => decode(c)))],
  }),
);
PROGRAM
cat >compare.py <<'PROGRAM'
import json
import subprocess

import baas32
import base32_crockford
import crock

NUMBERS = [18, 1234567]
CODES = ["15NM7", "15nm7", "15-NM7", "O1IL", "16J*", "ABU"]


def attempt(call, value):
    try:
        return str(call(value))
    except ValueError:
        return "refused"


told = {
    name: [attempt(encode, number) for number in NUMBERS] + [attempt(decode, code) for code in CODES]
    for name, encode, decode in (
        ("base32-crockford", base32_crockford.encode, base32_crockford.decode),
        ("baas32", baas32.encode, baas32.decode),
        ("crock", crock.encode_int, crock.decode_int),
    )
}
told |= json.loads(subprocess.run(["node", "by_js.cjs", json.dumps([NUMBERS, CODES])], stdout=subprocess.PIPE, check=True, text=True).stdout)
for place, value in enumerate([f"number {number}" for number in NUMBERS] + [f"code {code}" for code in CODES]):
    same = {}
    for name, answers in told.items():
        same.setdefault(answers[place], []).append(name)
    print(f"{value}:", "; ".join(f"{answer} by {', '.join(names)}" for answer, names in same.items()))
PROGRAM
env/bin/python compare.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "coupon-crockford-codes: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
