#!/usr/bin/env bash
# Sent again with its Idempotency-Key, a sale that failed with 500 stays failed behind one middleware, and another sale gets the first one's answer.
# Packages: asgi-idempotency-header 0.2.0, fastapi-idempotency 0.1.1, fastapi-idempotency-key 0.1.1, fastapi 0.165.0 from PyPI; express-idempotency 1.0.6,
#   express 5.3.0 from npm
# Expected: the draft standard for the header: the same request gets the first answer, another one with the same key 422, one while it is under way 409,
#   and a request without a key is done.
# Happens: asgi-idempotency-header looks at the key alone: another body or path gets the first answer, and a 500 is the answer to every repetition.
#   fastapi-idempotency takes two equal requests without a key for one, and lets a repetition wait for the first.
#   express-idempotency answers 417 to another request, and does a refused one again. What has changed is spelling, not value: only
#   express-idempotency finds another order of members the same.
# Matters: two customers who buy the same within ten seconds are one sale; a till that repeats a failed redemption can never succeed.
# Output seen:
#> asgi-idempotency-header
#>   the same: 200 sale 1, 200 sale 1
#>   without a key: 200 sale 1, 200 sale 2
#>   another body: 200 sale 1, 200 sale 1
#>   members in another order: 200 sale 1, 200 sale 1
#>   another path: 200 sale 1, 200 sale 1
#>   refused with 400, then again: 400 sale 1, 400 sale 1
#>   failed with 500, then again: 500 sale 1, 500 sale 1
#>   at the same time: 200 sale 1, 409 no sale
#> fastapi-idempotency
#>   the same: 200 sale 1, 200 sale 1
#>   without a key: 200 sale 1, 200 sale 1
#>   another body: 200 sale 1, 422 no sale
#>   members in another order: 200 sale 1, 422 no sale
#>   another path: 200 sale 1, 422 no sale
#>   refused with 400, then again: 400 sale 1, 400 sale 1
#>   failed with 500, then again: 500 sale 1, 200 sale 2
#>   at the same time: 200 sale 1, 200 sale 1
#> fastapi-idempotency-key
#>   the same: 200 sale 1, 200 sale 1
#>   without a key: 200 sale 1, 200 sale 2
#>   another body: 200 sale 1, 422 no sale
#>   members in another order: 200 sale 1, 422 no sale
#>   another path: 200 sale 1, 422 no sale
#>   refused with 400, then again: 400 sale 1, 400 sale 1
#>   failed with 500, then again: 500 sale 1, 200 sale 2
#>   at the same time: 200 sale 1, 409 no sale
#> express-idempotency
#>   the same: 200 sale 1, 200 sale 1
#>   without a key: 200 sale 1, 200 sale 2
#>   another body: 200 sale 1, 417 no sale
#>   members in another order: 200 sale 1, 200 sale 1
#>   another path: 200 sale 1, 417 no sale
#>   refused with 400, then again: 400 sale 1, 200 sale 2
#>   failed with 500, then again: 500 sale 1, 200 sale 2
#>   at the same time: 200 sale 1, 409 no sale
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check fastapi==0.165.0 httpx==0.28.1 redis==8.1.0 \
  asgi-idempotency-header==0.2.0 fastapi-idempotency==0.1.1 fastapi-idempotency-key==0.1.1
npm install --silent --no-audit --no-fund --prefix "$work" express@5.3.0 express-idempotency@1.0.6 >/dev/null
cd "$work"
cat >cases.json <<'JSON'
{
  "the same": [{}, {}],
  "without a key": [{"key": null}, {"key": null}],
  "another body": [{}, {"body": "{\"points\":6,\"id\":\"0018\"}"}],
  "members in another order": [{}, {"body": "{\"id\":\"0018\",\"points\":5}"}],
  "another path": [{}, {"path": "/return"}],
  "refused with 400, then again": [{"status": 400}, {}],
  "failed with 500, then again": [{"status": 500}, {}]
}
JSON
cat >by_python.py <<'PROGRAM'
import asyncio
import itertools
import json

import fastapi
import fastapi_idempotency
import fastapi_idempotency_key
import httpx
import idempotency_header_middleware
from idempotency_header_middleware.backends import MemoryBackend

MIDDLEWARES = {
    "asgi-idempotency-header": (idempotency_header_middleware.IdempotencyHeaderMiddleware, {"backend": MemoryBackend()}),
    "fastapi-idempotency": (fastapi_idempotency.IdempotencyMiddleware, {}),
    "fastapi-idempotency-key": (
        fastapi_idempotency_key.IdempotencyMiddleware, {"backend": fastapi_idempotency_key.MemoryBackend()}),
}


def service(middleware, options):
    app = fastapi.FastAPI()
    app.add_middleware(middleware, **options)
    numbers = itertools.count(1)

    async def sale(request: fastapi.Request):
        await asyncio.sleep(float(request.headers.get("x-takes", 0)))
        status = int(request.headers.get("x-status", 200))
        return fastapi.responses.JSONResponse({"sale": next(numbers)}, status_code=status)

    for path in ("/sale", "/return"):
        app.add_api_route(path, sale, methods=["POST"])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://till.test")


def told(answer):
    number = answer.json().get("sale")
    return f"{answer.status_code} " + (f"sale {number}" if number else "no sale")


def send(client, key, case, takes="0"):
    headers = {"Content-Type": "application/json", "X-Status": str(case.get("status", 200)), "X-Takes": takes}
    if case.get("key", key):
        headers["Idempotency-Key"] = case.get("key", key)
    return client.post(case.get("path", "/sale"), headers=headers, content=case.get("body", '{"points":5,"id":"0018"}'))


async def main():
    for name, (middleware, options) in MIDDLEWARES.items():
        print(name)
        for number, (what, pair) in enumerate(json.load(open("cases.json")).items()):
            client = service(middleware, options)
            print(f"  {what}:", ", ".join([told(await send(client, f"{name}-{number}", case)) for case in pair]))
        client = service(middleware, options)
        both = await asyncio.gather(*(send(client, f"{name}-both", {}, takes="0.5") for _ in range(2)))
        print("  at the same time:", ", ".join(sorted(map(told, both))))


asyncio.run(main())
PROGRAM
cat >by_js.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import express from "express";
import { getSharedIdempotencyService, idempotency } from "express-idempotency";

const app = express();
let sales = 0;
app.use(express.json(), idempotency());
app.post(["/sale", "/return"], async (request, response) => {
  if (getSharedIdempotencyService().isHit(request)) return;
  await new Promise((resolve) => setTimeout(resolve, 1000 * request.get("x-takes")));
  response.status(Number(request.get("x-status"))).json({ sale: ++sales });
});
app.use((error, request, response, next) => response.json({}));
const server = app.listen(0, "127.0.0.1", async () => {
  const send = async (key, { path = "/sale", body = '{"points":5,"id":"0018"}', status = 200, key: own = key }, takes = 0) => {
    const headers = { "Content-Type": "application/json", "X-Status": status, "X-Takes": takes };
    if (own) headers["Idempotency-Key"] = own;
    const answer = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { method: "POST", headers, body });
    const { sale } = await answer.json();
    return `${answer.status} ${sale ? `sale ${sale}` : "no sale"}`;
  };
  console.log("express-idempotency");
  for (const [what, pair] of Object.entries(JSON.parse(readFileSync("cases.json", "utf8")))) {
    sales = 0;
    const told = [];
    for (const one of pair) told.push(await send(what, one));
    console.log(`  ${what}: ${told.join(", ")}`);
  }
  sales = 0;
  const both = await Promise.all([send("both", {}, 0.5), send("both", {}, 0.5)]);
  console.log(`  at the same time: ${both.sort().join(", ")}`);
  process.exit(0);
});
PROGRAM
env/bin/python by_python.py >seen 2>log
node by_js.mjs >>seen 2>log
if ! diff <(echo "$expected") "$work/seen"; then
  echo "server-idempotency-key: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
