#!/usr/bin/env bash
# Shared out over lines of the weights 0, 1 and 1, a refund of one cent takes one cent of each of two lines and charges the free line one.
# Packages: ts-money 0.4.8, js-money 0.6.3, dinero.js 2.0.2 from npm
# Expected: allocate gives shares of the amount's sign that add up to it, nothing where the weight is 0, and the shares of a refund mirror those
#   of the sale.
# Happens: ts-money and js-money round each share down, away from zero for a refund, and correct the first line, whatever its weight and sign. The
#   last cents go by position, not by weight: one cent over 1:2:3:4 goes to weight 1. dinero.js gives the last cents to
#   the largest weights, nothing to the weight 0, and mirrors.
# Matters: a free item shows an amount on the receipt, and a sale and its return do not cancel out line by line.
# Output seen:
#> 1 over 0:1:1: ts-money 1 0 0, js-money 1 0 0, dinero.js 0 1 0
#> -1 over 0:1:1: ts-money 1 -1 -1, js-money 1 -1 -1, dinero.js 0 -1 0
#> 5 over 0:1:1: ts-money 1 2 2, js-money 1 2 2, dinero.js 0 3 2
#> -5 over 0:1:1: ts-money 1 -3 -3, js-money 1 -3 -3, dinero.js 0 -3 -2
#> 1 over 1:1:1: ts-money 1 0 0, js-money 1 0 0, dinero.js 1 0 0
#> -1 over 1:1:1: ts-money 0 0 -1, js-money 0 0 -1, dinero.js -1 0 0
#> 5 over 1:1:1: ts-money 2 2 1, js-money 2 2 1, dinero.js 2 2 1
#> -5 over 1:1:1: ts-money -1 -2 -2, js-money -1 -2 -2, dinero.js -2 -2 -1
#> 1 over 3:7: ts-money 1 0, js-money 1 0, dinero.js 0 1
#> -1 over 3:7: ts-money 0 -1, js-money 0 -1, dinero.js 0 -1
#> 5 over 3:7: ts-money 2 3, js-money 2 3, dinero.js 1 4
#> -5 over 3:7: ts-money -1 -4, js-money -1 -4, dinero.js -1 -4
#> 1 over 1:2:3:4: ts-money 1 0 0 0, js-money 1 0 0 0, dinero.js 0 0 0 1
#> -1 over 1:2:3:4: ts-money 0 0 0 -1, js-money 0 0 0 -1, dinero.js 0 0 0 -1
#> 5 over 1:2:3:4: ts-money 1 1 1 2, js-money 1 1 1 2, dinero.js 0 1 1 3
#> -5 over 1:2:3:4: ts-money 0 -1 -2 -2, js-money 0 -1 -2 -2, dinero.js 0 -1 -1 -3
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" ts-money@0.4.8 js-money@0.6.3 dinero.js@2.0.2 >/dev/null
cd "$work"
cat >share.mjs <<'PROGRAM'
import { allocate, dinero, toSnapshot } from "dinero.js";
import JsMoney from "js-money";
import { Currencies, Money } from "ts-money";

const currency = { code: "EUR", base: 10, exponent: 2 };
const by = {
  "ts-money": (cents, weights) => new Money(cents, Currencies.EUR).allocate(weights).map((share) => share.amount),
  "js-money": (cents, weights) => new JsMoney(cents, JsMoney.EUR).allocate(weights).map((share) => share.amount),
  "dinero.js": (cents, weights) => allocate(dinero({ amount: cents, currency }), weights).map((share) => toSnapshot(share).amount),
};
for (const weights of [[0, 1, 1], [1, 1, 1], [3, 7], [1, 2, 3, 4]]) {
  for (const cents of [1, -1, 5, -5]) {
    const shares = Object.entries(by).map(([name, share]) => `${name} ${share(cents, weights).map((one) => one || 0).join(" ")}`);
    console.log(`${cents} over ${weights.join(":")}: ${shares.join(", ")}`);
  }
}
PROGRAM
node share.mjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "money-shares-of-a-refund: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
