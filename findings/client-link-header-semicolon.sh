#!/usr/bin/env bash
# With a semicolon in the title or the address, requests finds no next page in a Link header; parse-link-header finds the last of two items only.
# Packages: requests 2.34.2, httpx 0.28.1, aiohttp 3.14.5 from PyPI; parse-link-header 2.0.0, http-link-header 1.1.4 from npm
# Expected: RFC 8288: a quoted text and an address in angle brackets may hold ; and , names of parameters have no case, the first rel counts,
#   and rel="next last" is two relations.
# Happens: requests and httpx cut at each semicolon, so that the address ends there and what follows is no rel. They and parse-link-header keep one of two
#   links that are rel=item, the last, and take the last rel of two. Two relations in one rel are one called "next last" for all clients of Python, and
#   REL= is none. Only http-link-header reads all of them as the RFC says.
# Matters: a list of offers ends after its first page as soon as an offer's title has a semicolon.
# Output seen:
#> <https://till.test/o?p=2>; title="Milk; Bread"; rel="next"
#>   next /o?p=2: parse-link-header, http-link-header, aiohttp
#>   no rel /o?p=2: requests, httpx
#> <https://till.test/o;v=1?p=2>; rel="next"
#>   next /o;v=1?p=2: parse-link-header, http-link-header, aiohttp
#>   no rel /o: requests, httpx
#> <https://till.test/o?p=2>; rel="next"; title="Milk, Bread"
#>   next /o?p=2: parse-link-header, http-link-header, requests, httpx, aiohttp
#> <https://till.test/1>; rel="item", <https://till.test/2>; rel="item"
#>   item /2: parse-link-header, requests, httpx
#>   item /1 and item /2: http-link-header, aiohttp
#> <https://till.test/o?p=2>; rel="next last"
#>   next /o?p=2 and last /o?p=2: parse-link-header, http-link-header
#>   next last /o?p=2: requests, httpx, aiohttp
#> <https://till.test/o?p=2>; REL=next
#>   nothing: parse-link-header
#>   next /o?p=2: http-link-header
#>   no rel /o?p=2: requests, httpx, aiohttp
#> <https://till.test/o?p=2>; rel=next; rel=prev
#>   prev /o?p=2: parse-link-header, requests, httpx
#>   next /o?p=2: http-link-header, aiohttp
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5
npm install --silent --no-audit --no-fund --prefix "$work" parse-link-header@2.0.0 http-link-header@1.1.4 >/dev/null
cd "$work"
cat >headers.json <<'JSON'
["<https://till.test/o?p=2>; title=\"Milk; Bread\"; rel=\"next\"", "<https://till.test/o;v=1?p=2>; rel=\"next\"", "<https://till.test/o?p=2>; rel=\"next\"; title=\"Milk, Bread\"",
 "<https://till.test/1>; rel=\"item\", <https://till.test/2>; rel=\"item\"", "<https://till.test/o?p=2>; rel=\"next last\"", "<https://till.test/o?p=2>; REL=next",
 "<https://till.test/o?p=2>; rel=next; rel=prev"]
JSON
cat >read.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import LinkHeader from "http-link-header";
import parse from "parse-link-header";

const headers = JSON.parse(readFileSync("headers.json", "utf8"));
const by = {
  "parse-link-header": (header) => Object.values(parse(header) ?? {}).map((link) => [link.rel, link.url]),
  "http-link-header": (header) => LinkHeader.parse(header).refs.map((link) => [link.rel, link.uri]),
};
console.log(JSON.stringify(headers.map((header) => Object.entries(by).map(([name, read]) => [name, read(header)]))));
PROGRAM
cat >read.py <<'PROGRAM'
import asyncio
import json

import aiohttp
import httpx
import requests
from aiohttp import web


async def by_aiohttp(headers):
    async def answer(request):
        return web.Response(headers={"Link": headers[int(request.match_info["number"])]})

    app = web.Application()
    app.router.add_get("/{number}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as session:
        seen = []
        for number in range(len(headers)):
            async with session.get(f"http://127.0.0.1:{port}/{number}") as response:
                seen.append([[link.get("rel"), str(link["url"])] for link in response.links.values()])
    await runner.cleanup()
    return seen


headers = json.load(open("headers.json"))
for header, links, aio in zip(headers, json.load(open("js.json")), asyncio.run(by_aiohttp(headers))):
    response = requests.Response()
    response.headers["Link"] = header
    for name, found in (("requests", response.links), ("httpx", httpx.Response(200, headers={"Link": header}).links)):
        links.append([name, [[link.get("rel"), link["url"]] for link in found.values()]])
    same = {}
    for name, found in [*links, ["aiohttp", aio]]:
        text = " and ".join(f"{rel or 'no rel'} {url.removeprefix('https://till.test')}" for rel, url in found) or "nothing"
        same.setdefault(text, []).append(name)
    print(header)
    for text, names in same.items():
        print(f"  {text}: {', '.join(names)}")
PROGRAM
node read.mjs >js.json
env/bin/python read.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "client-link-header-semicolon: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
