#!/usr/bin/env bash
# The Mustache text {{#paid}}{{.}}{{/paid}} prints the whole customer with chevron and "True" with pystache, which also greets a nameless customer as None.
# Packages: mustache 4.2.0, hogan.js 3.0.2, handlebars 4.7.10 from npm; chevron 0.14.0, pystache 0.6.8 from PyPI
# Expected: a template without logic says the same in each language; {{.}} is the value of the section that it stands in, and null prints nothing.
# Happens: a section whose value is true opens no context in chevron and mustache, so that {{.}} is all the data; hogan.js knows no {{.}} for a text.
#   0 points are a section that is shown for handlebars alone, an empty object is one for JavaScript alone. {{tier.name}} within a customer
#   without a tier of its own is another one's for two of them, and a line without points shows the points of the sale, except by handlebars.
# Matters: mail texts that are written once are sent by services in two languages, and one of them mails the customer's whole record.
# Output seen:
#> {{#paid}}{{.}}{{/paid}} -> [object Object] by mustache.js, handlebars; nothing by hogan.js; the whole record by chevron; True by pystache
#> {{#card}}{{.}}{{/card}} -> 0018 by mustache.js, handlebars, chevron, pystache; nothing by hogan.js
#> Dear {{name}} -> Dear by mustache.js, hogan.js, handlebars, chevron; Dear None by pystache
#> {{#points}}some{{/points}}{{^points}}none{{/points}} -> none by mustache.js, hogan.js, chevron, pystache; some by handlebars
#> {{#offers}}some{{/offers}}{{^offers}}none{{/offers}} -> some by mustache.js, hogan.js, handlebars; none by chevron, pystache
#> {{#member}}{{tier.name}}{{/member}} -> gold by mustache.js, chevron; nothing by hogan.js, handlebars, pystache
#> {{#lines}}{{item}} {{price}} {{/lines}} -> a 5 b 7 by mustache.js, hogan.js, chevron, pystache; a 5 b by handlebars
#> {{lines.1.item}} -> b by mustache.js, hogan.js, handlebars, chevron; nothing by pystache
#> {{lines.length}} -> 2 by mustache.js, hogan.js, handlebars; nothing by chevron, pystache
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check chevron==0.14.0 pystache==0.6.8
npm install --silent --no-audit --no-fund --prefix "$work" mustache@4.2.0 hogan.js@3.0.2 handlebars@4.7.10 >/dev/null
cd "$work"
cat >customer.json <<'JSON'
{"name": null, "paid": true, "card": "0018", "points": 0, "offers": {}, "member": {"tier": {}}, "tier": {"name": "gold"}, "lines": [{"item": "a", "price": 5}, {"item": "b"}], "price": 7}
JSON
cat >templates.json <<'JSON'
["{{#paid}}{{.}}{{/paid}}", "{{#card}}{{.}}{{/card}}", "Dear {{name}}", "{{#points}}some{{/points}}{{^points}}none{{/points}}", "{{#offers}}some{{/offers}}{{^offers}}none{{/offers}}",
 "{{#member}}{{tier.name}}{{/member}}", "{{#lines}}{{item}} {{price}} {{/lines}}", "{{lines.1.item}}", "{{lines.length}}"]
JSON
cat >render.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import handlebars from "handlebars";
import hogan from "hogan.js";
import mustache from "mustache";

const read = (name) => JSON.parse(readFileSync(name, "utf8"));
const by = {
  "mustache.js": (template) => mustache.render(template, read("customer.json")),
  "hogan.js": (template) => hogan.compile(template).render(read("customer.json")),
  handlebars: (template) => handlebars.compile(template)(read("customer.json")),
};
console.log(JSON.stringify(read("templates.json").map((template) => Object.entries(by).map(([name, render]) => [name, render(template)]))));
PROGRAM
cat >compare.py <<'PROGRAM'
import json

import chevron
import pystache

customer = json.load(open("customer.json"))
for template, texts in zip(json.load(open("templates.json")), json.load(open("texts.json"))):
    texts += [["chevron", chevron.render(template, customer)], ["pystache", pystache.render(template, customer)]]
    same = {}
    for name, text in texts:
        whole = "the whole record" if "gold" in text and "0018" in text else text.strip()
        same.setdefault(whole or "nothing", []).append(name)
    print(template, "->", "; ".join(f"{text} by {', '.join(names) if len(same) > 1 else 'all'}" for text, names in same.items()))
PROGRAM
node render.mjs >texts.json
env/bin/python compare.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "receipt-mustache-whole-customer: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
