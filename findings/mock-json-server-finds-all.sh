#!/usr/bin/env bash
# A search in json-server by a field that no customer has, or by user[user_profile], finds every customer, and a search by points=5.0 finds nobody.
# Packages: json-server 0.17.4 from npm
# Expected: a filter on a field that no record has finds none; 5.0 is 5; a number and a text of the same digits are different.
# Happens: a query parameter that is no path into any of the records is ignored as a whole, so a misspelled one filters nothing. Values are compared as
#   texts: 5.0 and 19.90 are not 5 and 19.9, and _gte compares text with text by characters and numbers by value. A list of two is found by
#   none of its elements. _like is a search inside, and takes numbers too. PUT and PATCH with another id answer with the old one and change nothing about it.
# Matters: a client that misspells external_id passes its test, and is then told about another customer than it asked for.
# Output seen:
#> external_id=0018: "0018"
#> external_id=18: 18
#> externalId=0018: "0018" 18 "b"
#> external_id=0018&user[user_profile]=true: "0018"
#> user[user_profile]=true: "0018" 18 "b"
#> points=5: "0018"
#> points=5.0: nobody
#> total=19.90: nobody
#> points_gte=20: 18 "b"
#> external_id_gte=10: 18 "b"
#> tags=gold: nobody
#> external_id_like=18: "0018" 18
#> PUT with the id "c": 200 {"id":"b","points":1}
#> PATCH with the id "c": 200 {"id":"b","points":1}
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" json-server@0.17.4 >/dev/null
cd "$work"
cat >ask.mjs <<'PROGRAM'
import { createRequire } from "node:module";

const jsonServer = createRequire(import.meta.url)("json-server");
const users = [
  { id: "0018", external_id: "0018", points: 5, tags: ["gold", "new"] },
  { id: 18, external_id: 18, points: 100, total: 19.9 },
  { id: "b", external_id: "9", points: 20 },
];
const app = jsonServer.create();
app.use(jsonServer.bodyParser, jsonServer.router({ users: structuredClone(users) }));
const server = app.listen(0, "127.0.0.1", async () => {
  const base = `http://127.0.0.1:${server.address().port}/users`;
  for (const query of [
    "external_id=0018", "external_id=18", "externalId=0018", "external_id=0018&user[user_profile]=true", "user[user_profile]=true",
    "points=5", "points=5.0", "total=19.90", "points_gte=20", "external_id_gte=10", "tags=gold", "external_id_like=18",
  ]) {
    const found = await (await fetch(`${base}?${query}`)).json();
    console.log(`${query}: ${found.map(({ id }) => JSON.stringify(id)).join(" ") || "nobody"}`);
  }
  for (const method of ["PUT", "PATCH"]) {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`${base}/b`, { method, headers, body: JSON.stringify({ id: "c", points: 1 }) });
    console.log(`${method} with the id "c": ${answer.status} ${JSON.stringify(await answer.json())}`);
  }
  process.exit(0);
});
PROGRAM
node ask.mjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "mock-json-server-finds-all: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
