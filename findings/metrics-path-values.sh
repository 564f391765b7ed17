#!/usr/bin/env bash
# express-prom-bundle counts /offers/defaced and /offers/effaced as one path, for it takes the words for ids, and keeps e-mail addresses as paths.
# Packages: express 5.3.0, express-prom-bundle 8.0.0, prom-client 15.1.3, url-value-parser 2.2.0 from npm
# Expected: with includePath numbers, UUIDs and long hex ids in a path become #val, and words stay; what stands for one customer does not stay.
# Happens: each part of seven or more letters from a to f, as defaced, effaced or acceded, is an id, and shorter ones are not (facade). Coupon codes,
#   numbers with a sign or a point and e-mail addresses stay, each with its own histogram.
# Matters: two calls are measured as one, and the page of a service, which any scraper keeps for months, names customers.
# Output seen:
#> /offers/defaced: /offers/#val
#> /offers/effaced: /offers/#val
#> /offers/facade: /offers/facade
#> /users/0018: /users/#val
#> /users/7f0c1a2b: /users/#val
#> /users/7f0c1a: /users/7f0c1a
#> /users/somebody@till.example: /users/somebody@till.example
#> /coupons/SUMMER-2026: /coupons/SUMMER-2026
#> /prices/19.90: /prices/19.90
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" express@5.3.0 express-prom-bundle@8.0.0 prom-client@15.1.3 url-value-parser@2.2.0 >/dev/null
cat >"$work/program.js" <<'PROGRAM'
const express = require("express");
const bundle = require("express-prom-bundle");

const app = express();
const measured = bundle({ includePath: true, includeMethod: true });
app.use(measured);
app.use((request, response) => response.json({}));
const server = app.listen(0, "127.0.0.1", async () => {
  for (const path of ["/offers/defaced", "/offers/effaced", "/offers/facade", "/users/0018", "/users/7f0c1a2b", "/users/7f0c1a",
    "/users/somebody@till.example", "/coupons/SUMMER-2026", "/prices/19.90"]) {
    await fetch(`http://127.0.0.1:${server.address().port}${path}`);
    const counted = /_count\{[^}]*path="([^"]*)"/.exec(await measured.promClient.register.metrics());
    console.log(`${path}: ${counted[1]}`);
    measured.promClient.register.resetMetrics();
  }
  process.exit();
});
PROGRAM
node "$work/program.js" >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "metrics-path-values: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
