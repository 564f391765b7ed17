#!/usr/bin/env bash
# A query with 20 offers is a list for qs and for Express 5 with its extended parser, one with 21 is an object with the keys 0 to 20, without an error.
# Packages: qs 6.17.1, express 5.3.0 and 4.22.3 (which brings qs 6.16.2), fastify 5.12.8, query-string 10.0.0, picoquery 2.5.0 from npm
# Expected: id=1&id=2 and id[]=1&id[]=2 are lists of any length; arrayLimit, 20, is about the index in id[1000]=1, as it was for years.
# Happens: qs makes an object of every list with more than 20 elements, repeated or with brackets. Express 5 reads queries by another parser unless told
#   "extended", and then leaves qs its limit; Express 4 has one of 1000, and forms one of their own. Fastify and query-string keep lists,
#   picoquery the last of them.
# Matters: the till that locks 21 offers at once gets an error, or nothing is locked, where 20 went well, after a move from Express 4 to 5.
# Output seen:
#> Express 5, query of 20: list of 20
#> Express 5, form of 20: list of 20
#> Express 5, extended, query of 20: list of 20
#> Express 5, extended, form of 20: list of 20
#> Express 4, query of 20: list of 20
#> Express 4, form of 20: list of 20
#> Fastify, query of 20: list of 20
#> qs, 20: list of 20
#> qs with brackets, 20: list of 20
#> qs with a limit of 100, 20: list of 20
#> query-string, 20: list of 20
#> picoquery, 20: text 19
#> Express 5, query of 21: list of 21
#> Express 5, form of 21: list of 21
#> Express 5, extended, query of 21: object of 21
#> Express 5, extended, form of 21: list of 21
#> Express 4, query of 21: list of 21
#> Express 4, form of 21: list of 21
#> Fastify, query of 21: list of 21
#> qs, 21: object of 21
#> qs with brackets, 21: object of 21
#> qs with a limit of 100, 21: list of 21
#> query-string, 21: list of 21
#> picoquery, 21: text 20
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" \
  express@5.3.0 express4@npm:express@4.22.3 qs@6.17.1 fastify@5.12.8 query-string@10.0.0 picoquery@2.5.0 >/dev/null
cd "$work"
cat >ask.mjs <<'PROGRAM'
import express from "express";
import express4 from "express4";
import fastify from "fastify";
import { parse as picoquery } from "picoquery";
import qs from "qs";
import queryString from "query-string";

const told = (value) => {
  if (Array.isArray(value)) return `list of ${value.length}`;
  return typeof value === "object" ? `object of ${Object.keys(value).length}` : `text ${value}`;
};
const byExpress = async (make, extended) => {
  const app = make();
  if (extended) app.set("query parser", "extended");
  app.get("/", (request, response) => response.json(told(request.query.id)));
  app.post("/", make.urlencoded({ extended: true }), (request, response) => response.json(told(request.body.id)));
  const server = await new Promise((resolve) => { const listening = app.listen(0, "127.0.0.1", () => resolve(listening)); });
  return `http://127.0.0.1:${server.address().port}/`;
};
const app = fastify();
app.get("/", async (request) => JSON.stringify(told(request.query.id)));
const servers = {
  "Express 5": await byExpress(express),
  "Express 5, extended": await byExpress(express, true),
  "Express 4": await byExpress(express4),
  Fastify: `${await app.listen({ host: "127.0.0.1", port: 0 })}/`,
};
for (const count of [20, 21]) {
  const numbers = Array.from({ length: count }, (_, number) => number);
  const repeated = numbers.map((number) => `id=${number}`).join("&");
  const bracketed = numbers.map((number) => `id[]=${number}`).join("&");
  for (const [name, url] of Object.entries(servers)) {
    console.log(`${name}, query of ${count}: ${await (await fetch(`${url}?${repeated}`)).json()}`);
    if (name === "Fastify") continue;
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    console.log(`${name}, form of ${count}: ${await (await fetch(url, { method: "POST", headers, body: repeated })).json()}`);
  }
  const parsers = {
    qs: qs.parse(repeated).id,
    "qs with brackets": qs.parse(bracketed).id,
    "qs with a limit of 100": qs.parse(repeated, { arrayLimit: 100 }).id,
    "query-string": queryString.parse(repeated).id,
    picoquery: picoquery(repeated).id,
  };
  for (const [name, ids] of Object.entries(parsers)) console.log(`${name}, ${count}: ${told(ids)}`);
}
process.exit(0);
PROGRAM
node ask.mjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "server-twenty-one-offers: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
