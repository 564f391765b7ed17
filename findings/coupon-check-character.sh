#!/usr/bin/env bash
# A coupon code in which 0 is typed as Y, or Y as 0, is as valid as the right one: coupon-code counts modulo 31 over an alphabet of 32.
# Packages: coupon-code 0.4.5 from npm
# Expected: the check character tells whether the three others of its group are right; every single wrong character is found.
# Happens: symbols 0 and 31 of the alphabet, 0 and Y, have the same weight at every place. Of all other pairs every mistake is found, and so is every
#   exchange of two neighbours but theirs.
# Matters: a check in the browser lets the mistake pass, and the server is asked for another coupon than that in the customer's hand.
# Output seen:
#> groups that are valid: 32768, without a check character: 0
#> wrong characters not found: 0-Y 6144
#> exchanges not found: 0-Y 128
#> 100V: 100V
#> 1Y0V: 1Y0V
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" coupon-code@0.4.5 >/dev/null
cd "$work"
cat >count.cjs <<'PROGRAM'
const { validate } = require("coupon-code");

const symbols = [..."0123456789ABCDEFGHJKLMNPQRTUVWXY"];
const valid = (code) => validate(code, { parts: 1 }) === code;
const codes = [];
for (const first of symbols) {
  for (const second of symbols) {
    for (const third of symbols) codes.push(...symbols.map((check) => first + second + third + check).filter(valid));
  }
}
console.log(`groups that are valid: ${codes.length}, without a check character: ${32 ** 3 - new Set(codes.map((code) => code.slice(0, 3))).size}`);
const pairs = new Map();
const exchanged = new Map();
for (const code of codes) {
  for (let place = 0; place < 4; place++) {
    const typed = (text) => code.slice(0, place) + text + code.slice(place + text.length);
    for (const symbol of symbols) {
      if (symbol === code[place] || !valid(typed(symbol))) continue;
      const pair = [symbol, code[place]].sort().join("-");
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
    const two = code.slice(place, place + 2);
    if (two.length === 2 && two[0] !== two[1] && valid(typed(two[1] + two[0]))) {
      const pair = [...two].sort().join("-");
      exchanged.set(pair, (exchanged.get(pair) ?? 0) + 1);
    }
  }
}
console.log(`wrong characters not found: ${[...pairs].map((pair) => pair.join(" ")).join(", ")}`);
console.log(`exchanges not found: ${[...exchanged].map((pair) => pair.join(" ")).join(", ")}`);
const right = codes.find((code) => code.startsWith("10"));
for (const code of [right, right.replace("0", "Y")]) console.log(`${code}: ${validate(code, { parts: 1 }) || "refused"}`);
PROGRAM
node count.cjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "coupon-check-character: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
