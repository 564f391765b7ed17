#!/usr/bin/env bash
# One GrowthBook rule for fewer than 100 points holds in JavaScript for customers without points, with null or with true, and in Python for none of them.
# Packages: @growthbook/growthbook 1.8.0, sift 17.1.4, mingo 7.2.7 from npm; growthbook 4.0.0, mongoquery 1.4.3 from PyPI
# Expected: the kits of one product give an audience alike in each language, and rules in MongoDB's terms compare numbers with numbers only.
# Happens: GrowthBook for JavaScript compares as JavaScript does: "150" > 100 holds, {"points": 150} does for the text and for a list of nothing else, and 1 is
#   true. Its Python kit compares within a type. Neither looks into a list of lines, as MongoDB does; an empty "$or" is everybody.
#   mongoquery takes a field that is missing for no null, and 1 for true. sift and mingo differ on $all and on empty lists of rules.
# Matters: the app shows an offer to a customer whom the server does not count among its audience.
# Output seen:
#> {"points": {"$lt": 100}}
#>   none null 50.0 "50" true: GrowthBook JS
#>   50.0: sift, mingo, GrowthBook Python
#>   50.0 true: mongoquery
#> {"points": {"$gt": 100}}
#>   150 "150" [150]: GrowthBook JS
#>   150 [150]: sift, mingo
#>   150: GrowthBook Python, mongoquery
#> {"points": 150}
#>   150 "150" [150]: GrowthBook JS
#>   150 [150]: sift, mingo, mongoquery
#>   150: GrowthBook Python
#> {"points": {"$not": {"$gt": 100}}}
#>   none null 50.0 "50" true: GrowthBook JS
#>   none null 50.0 "50" "150" true: sift, mingo
#>   none null 50.0 "50" "150" true [150]: GrowthBook Python, mongoquery
#> {"points": null}
#>   none null: GrowthBook JS, sift, mingo, GrowthBook Python
#>   null: mongoquery
#> {"points": {"$exists": true}}
#>   150 50.0 "50" "150" true [150]: GrowthBook JS
#>   150 null 50.0 "50" "150" true [150]: sift, mingo
#>   50.0 "50" 150 "150" true [150]: GrowthBook Python
#>   null 50.0 "50" 150 "150" true [150]: mongoquery
#> {"points": 1}
#>   true: GrowthBook JS, mongoquery
#>   nobody: sift, mingo, GrowthBook Python
#> {"lines.price": 5}
#>   nobody: GrowthBook JS, GrowthBook Python
#>   150: sift, mingo, mongoquery
#> {"tags": {"$all": []}}
#>   150: GrowthBook JS, GrowthBook Python
#>   150 none null 50.0 "50" "150" true [150]: sift
#>   nobody: mingo
#>   none null 50.0 "50" 150 "150" true [150]: mongoquery
#> {"$or": []}
#>   150 none null 50.0 "50" "150" true [150]: GrowthBook JS
#>   an error: sift
#>   nobody: mingo, mongoquery
#>   none null 50.0 "50" 150 "150" true [150]: GrowthBook Python
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check growthbook==4.0.0 mongoquery==1.4.3
npm install --silent --no-audit --no-fund --prefix "$work" @growthbook/growthbook@1.8.0 sift@17.1.4 mingo@7.2.7 >/dev/null
cd "$work"
cat >customers.json <<'JSON'
{"none": {}, "null": {"points": null}, "50.0": {"points": 50.0}, "\"50\"": {"points": "50"}, "150": {"points": 150, "lines": [{"price": 5}], "tags": ["A"]},
 "\"150\"": {"points": "150"}, "true": {"points": true}, "[150]": {"points": [150]}}
JSON
cat >rules.json <<'JSON'
[{"points": {"$lt": 100}}, {"points": {"$gt": 100}}, {"points": 150}, {"points": {"$not": {"$gt": 100}}}, {"points": null}, {"points": {"$exists": true}},
 {"points": 1}, {"lines.price": 5}, {"tags": {"$all": []}}, {"$or": []}]
JSON
cat >ask.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import { GrowthBook } from "@growthbook/growthbook";
import { Query } from "mingo";
import sift from "sift";

const read = (name) => JSON.parse(readFileSync(name, "utf8"));
const growthbook = (condition, attributes) =>
  new GrowthBook({ attributes, features: { offer: { defaultValue: false, rules: [{ condition, force: true }] } } }).isOn("offer");
const by = { "GrowthBook JS": growthbook, sift: (rule, customer) => sift(rule)(customer), mingo: (rule, customer) => new Query(rule).test(customer) };
const audience = (test, rule) => {
  try {
    return Object.entries(read("customers.json")).filter(([, customer]) => test(rule, customer)).map(([name]) => name).join(" ") || "nobody";
  } catch {
    return "an error";
  }
};
console.log(JSON.stringify(read("rules.json").map((rule) => Object.entries(by).map(([name, test]) => [name, audience(test, rule)]))));
PROGRAM
cat >ask.py <<'PROGRAM'
import json

from growthbook import GrowthBook
from mongoquery import Query

customers = json.load(open("customers.json"))


def growthbook(rule, customer):
    features = {"offer": {"defaultValue": False, "rules": [{"condition": rule, "force": True}]}}
    return GrowthBook(attributes=customer, features=features).is_on("offer")


for rule, answers in zip(json.load(open("rules.json")), json.load(open("js.json"))):
    for name, test in (("GrowthBook Python", growthbook), ("mongoquery", lambda rule, customer: Query(rule).match(customer))):
        answers.append([name, " ".join(who for who, customer in customers.items() if test(rule, customer)) or "nobody"])
    print(json.dumps(rule))
    same = {}
    for name, text in answers:
        same.setdefault(text, []).append(name)
    for text, names in same.items():
        print(f"  {text}: {', '.join(names)}")
PROGRAM
node ask.mjs >js.json
env/bin/python ask.py 2>log >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "rules-growthbook-two-kits: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
