#!/usr/bin/env bash
# The RateLimit header that express-rate-limit writes by draft 8 is an answer without a limit for the parser of the same authors, and Retry-After: 120 is 1970.
# Packages: express 5.3.0, express-rate-limit 8.7.5, ratelimit-header-parser 0.1.0 from npm; ratelimit-headers 0.1.0 from PyPI
# Expected: the two parsers read what the middleware writes, or say that they do not; Retry-After beside a limit is a number of seconds from now.
# Happens: ratelimit-header-parser answers an object whose members are NaN and whose date is none, so that "remaining < 1" is false on a refused call. A
#   Retry-After without a reset is taken for a time of day in Unix seconds, and a limit of 1,000 is one call. ratelimit-headers reads neither draft 7 nor
#   draft 8, and says "retry after 60 s" to a caller who has a call left, with draft 6.
# Matters: the client that was to slow down before it is refused goes on at full speed, or waits though it need not.
# Output seen:
#> X-RateLimit-*, call 1 (200)
#>   ratelimit-header-parser: limit 2, remaining 1, reset 1 min
#>   ratelimit-headers: limit 2, remaining 1, retry after None
#> X-RateLimit-*, call 3 (429)
#>   ratelimit-header-parser: limit 2, remaining 0, reset 1 min
#>   ratelimit-headers: limit 2, remaining 0, retry after None
#> draft 6, call 1 (200)
#>   ratelimit-header-parser: limit 2, remaining 1, reset 1 min
#>   ratelimit-headers: limit 2, remaining 1, retry after 1 min
#> draft 6, call 3 (429)
#>   ratelimit-header-parser: limit 2, remaining 0, reset 1 min
#>   ratelimit-headers: limit 2, remaining 0, retry after 1 min
#> draft 7, call 1 (200)
#>   ratelimit-header-parser: limit 2, remaining 1, reset 1 min
#>   ratelimit-headers: limit None, remaining None, retry after None
#> draft 7, call 3 (429)
#>   ratelimit-header-parser: limit 2, remaining 0, reset 1 min
#>   ratelimit-headers: limit None, remaining None, retry after 1 min
#> draft 8, call 1 (200)
#>   ratelimit-header-parser: limit NaN, remaining NaN, reset no date
#>   ratelimit-headers: limit None, remaining None, retry after None
#> draft 8, call 3 (429)
#>   ratelimit-header-parser: limit NaN, remaining NaN, reset no date
#>   ratelimit-headers: limit None, remaining None, retry after 1 min
#> {"x-ratelimit-limit":"100","x-ratelimit-remaining":"0","retry-after":"120"}
#>   ratelimit-header-parser: limit 100, remaining 0, reset 1970
#>   ratelimit-headers: limit 100, remaining 0, retry after None
#> {"x-ratelimit-limit":"1,000","x-ratelimit-remaining":"0","x-ratelimit-reset":"60"}
#>   ratelimit-header-parser: limit 1, remaining 0, reset 1 min
#>   ratelimit-headers: limit None, remaining 0, retry after None
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" express@5.3.0 express-rate-limit@8.7.5 ratelimit-header-parser@0.1.0 >/dev/null
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check ratelimit-headers==0.1.0
cd "$work"
cat >ask.cjs <<'PROGRAM'
const { writeFileSync } = require("node:fs");
const express = require("express");
const { rateLimit } = require("express-rate-limit");
const { parseRateLimit } = require("ratelimit-header-parser");

const kinds = { "X-RateLimit-*": [true, false], "draft 6": [false, "draft-6"], "draft 7": [false, "draft-7"], "draft 8": [false, "draft-8"] };
const app = express();
for (const [kind, [legacyHeaders, standardHeaders]] of Object.entries(kinds)) {
  const limiter = rateLimit({ windowMs: 60000, limit: 2, legacyHeaders, standardHeaders });
  app.get(`/${kind.replace(/\W/g, "")}`, limiter, (request, response) => response.send("ok"));
}
const told = (headers) => {
  const { limit, remaining, reset } = parseRateLimit(headers) ?? {};
  const seconds = reset && (Number.isNaN(+reset) ? "no date" : reset.getFullYear() === 1970 ? "1970" : `${Math.round((reset - Date.now()) / 60000)} min`);
  return `limit ${limit}, remaining ${remaining}, reset ${seconds}`;
};
const server = app.listen(0, "127.0.0.1", async () => {
  const asked = [];
  for (const kind of Object.keys(kinds)) {
    for (let count = 1; count <= 3; count++) {
      const answer = await fetch(`http://127.0.0.1:${server.address().port}/${kind.replace(/\W/g, "")}`);
      const headers = Object.fromEntries([...answer.headers].filter(([name]) => /rate|retry/.test(name)));
      if (count !== 2) asked.push([`${kind}, call ${count} (${answer.status})`, headers, told(headers)]);
    }
  }
  for (const headers of [
    { "x-ratelimit-limit": "100", "x-ratelimit-remaining": "0", "retry-after": "120" },
    { "x-ratelimit-limit": "1,000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "60" },
  ]) {
    asked.push([JSON.stringify(headers), headers, told(headers)]);
  }
  writeFileSync("asked.json", JSON.stringify(asked));
  server.close();
});
PROGRAM
cat >tell.py <<'PROGRAM'
import json

import ratelimit_headers

for label, headers, told in json.load(open("asked.json")):
    state = ratelimit_headers.parse(headers)
    print(label)
    print("  ratelimit-header-parser:", told)
    wait = None if state.retry_after is None else "1 min" if 50 < state.retry_after <= 60 else state.retry_after
    print(f"  ratelimit-headers: limit {state.limit}, remaining {state.remaining}, retry after {wait}")
PROGRAM
node ask.cjs
env/bin/python tell.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "limit-header-not-read: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
