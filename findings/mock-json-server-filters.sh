#!/usr/bin/env bash
# json-server answers a filter by a field that no offer has with all offers, finds nothing at price=19.90 or shop=null, and replaces the id 0.
# Packages: json-server 0.17.4 from npm
# Expected: a filter that nothing meets gives an empty list; 19.90 and 19.9 are one price; an id that is sent is kept, as a text is.
# Happens: a parameter whose name no item of the list has is dropped, and a filter becomes none; with _gte behind the name the list is empty. Values
#   are compared as JavaScript writes them, so "18" finds 18 and "18", 19.90 finds no 19.9, and nothing finds null. The id 0 is taken for none. An
#   integer above 2^53 is stored as another one. A second POST of an id is 500.
# Matters: a client with a misspelt or an optional filter shows each customer all offers of the mock, and its tests pass.
# Output seen:
#> GET /offers?shop=5 | a, b
#> GET /offers?shopp=5 | a, b, 18
#> GET /offers?shopp_gte=5 | -
#> GET /offers?price=19.9 | a
#> GET /offers?price=19.90 | -
#> GET /offers?card=18 | b, 18
#> GET /offers?shop=null | -
#> POST {"id": "0018", "points": 9007199254740993} | 201 id "0018", points 9007199254740992
#> POST {"id": 0, "points": 1} | 201 id another one, points 1
#> POST {"id": "0018", "points": 1} | 500
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" json-server@0.17.4 >/dev/null
cat >"$work/program.js" <<'PROGRAM'
const server = require("json-server");

const app = server.create();
app.use(server.bodyParser, server.router({ offers: [
  { id: "a", price: 19.9, card: "0018", shop: 5 }, { id: "b", price: 9, card: "18", shop: 5 }, { id: 18, price: 10, card: 18, shop: null },
] }));
const listening = app.listen(0, "127.0.0.1", async () => {
  const offers = `http://127.0.0.1:${listening.address().port}/offers`;
  for (const query of ["shop=5", "shopp=5", "shopp_gte=5", "price=19.9", "price=19.90", "card=18", "shop=null"]) {
    const found = await (await fetch(`${offers}?${query}`)).json();
    console.log(`GET /offers?${query} | ${found.map(({ id }) => id).join(", ") || "-"}`);
  }
  for (const body of ['{"id": "0018", "points": 9007199254740993}', '{"id": 0, "points": 1}', '{"id": "0018", "points": 1}']) {
    const answer = await fetch(offers, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const { id, points } = answer.ok ? await answer.json() : {};
    const kept = id === JSON.parse(body).id ? JSON.stringify(id) : "another one";
    console.log(`POST ${body} | ${answer.status}${answer.ok ? ` id ${kept}, points ${points}` : ""}`);
  }
  process.exit();
});
PROGRAM
node "$work/program.js" >"$work/seen" 2>"$work/log"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "mock-json-server-filters: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
