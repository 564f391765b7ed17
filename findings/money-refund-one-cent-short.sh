#!/usr/bin/env bash
# currency.js refunds one cent less than it charged: minus 1.005 rounds to -1.00, 1.005 to 1.01.
# Packages: currency.js 2.0.4 from npm
# Expected: a refund, the negated amount, has the same size as the sale.
# Happens: halves are rounded towards plus infinity. currency(-x) and currency(x).multiply(-1) differ by a cent wherever x ends in half a cent.
# Matters: a return sent as negative lines does not cancel the sale; one cent stays on the account, and points with it.
# Output seen:
#> 1.005 sale 1.01 return -1 negated sale -1.01
#> 2.675 sale 2.68 return -2.67 negated sale -2.68
#> 10.235 sale 10.24 return -10.23 negated sale -10.24
#> half of 0.05: 0.03 half of -0.05: -0.02
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" currency.js@2.0.4 >/dev/null
cat >"$work/program.js" <<'PROGRAM'
const currency = require("currency.js");
for (const amount of [1.005, 2.675, 10.235]) {
  console.log(amount, "sale", currency(amount).value, "return", currency(-amount).value, "negated sale", currency(amount).multiply(-1).value);
}
console.log("half of 0.05:", currency(0.05).multiply(0.5).value, "half of -0.05:", currency(-0.05).multiply(0.5).value);
PROGRAM
node "$work/program.js" >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "money-refund-one-cent-short: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
