#!/usr/bin/env bash
# A mail text in Liquid says three engines' worth of points: 2.5 rounds to 3 or 2, half of 5 is 2 or 2.5, and no points at all are fewer than 5 for LiquidJS alone.
# Packages: liquidjs 10.30.1 from npm; python-liquid 2.3.6 from PyPI; Debian 12: ruby-liquid 5.4.0-3
# Expected: the template language has one meaning, Shopify's (the one in Ruby); engines that claim to be compatible differ in rare filters.
# Happens: LiquidJS reckons in doubles and divides integers as such, and compares nil with a number. python-liquid rounds halves to even. In all of
#   them "false and true or true" is false, as it is read from the right. Ruby alone takes "20 EUR" and "1,5" for 20 and 1, 18 has the size 8
# Matters: campaign mails are written once and sent by the shop's, the loyalty service's and the mailer's engine; the customer reads other points in each.
# Output seen:
#> {{ points | divided_by: 2 }} -> 2 by Ruby, python-liquid; 2.5 by LiquidJS
#> {{ price | times: 3 }} -> 59.7 by Ruby, python-liquid; 59.699999999999996 by LiquidJS
#> {{ price | minus: 19 }} -> 0.9 by Ruby, python-liquid; 0.8999999999999986 by LiquidJS
#> {{ 2.5 | round }} -> 3 by Ruby, LiquidJS; 2 by python-liquid
#> {{ 2.675 | round: 2 }} -> 2.68 by Ruby, LiquidJS; 2.67 by python-liquid
#> {{ whole }} -> 20.0 by Ruby, python-liquid; 20 by LiquidJS
#> {{ id }} -> 9007199254740993 by Ruby, python-liquid; 9007199254740992 by LiquidJS
#> {{ '20 EUR' | plus: 1 }} -> 21 by Ruby; 1 by LiquidJS, python-liquid
#> {{ '1,5' | times: 2 }} -> 2 by Ruby; 0 by LiquidJS, python-liquid
#> {{ '1e3' | plus: 1 }} -> 2 by Ruby; 1001 by LiquidJS; 1001.0 by python-liquid
#> {{ card | plus: 1 }} -> 19 by Ruby, LiquidJS, python-liquid
#> {{ 18 | size }} -> 8 by Ruby; 0 by LiquidJS, python-liquid
#> {{ '' | default: 'none' }} -> none by Ruby, LiquidJS, python-liquid
#> {% if nothing < 5 %}few{% else %}many{% endif %} -> many by Ruby, python-liquid; few by LiquidJS
#> {% if '10' < '9' %}less{% else %}more{% endif %} -> less by Ruby, LiquidJS, python-liquid
#> {% if false and true or true %}granted{% else %}refused{% endif %} -> refused by Ruby, LiquidJS, python-liquid
#> {{ '02/03/2026' | date: '%d %b' }} -> 02 Mar by Ruby; 03 Feb by LiquidJS, python-liquid
#> {{ at | date: '%H:%M' }} -> 10:00 by Ruby, python-liquid; 08:00 by LiquidJS
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" liquidjs@10.30.1 >/dev/null
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check python-liquid==2.3.6
mkdir "$work/debs"
chmod 755 "$work"
(cd "$work/debs" && apt-get download --quiet=2 ruby-liquid=5.4.0-3 ruby3.1 libruby3.1 libyaml-0-2 >/dev/null 2>&1)
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/debian"; done
cd "$work"
cat >templates.json <<'JSON'
["{{ points | divided_by: 2 }}", "{{ price | times: 3 }}", "{{ price | minus: 19 }}", "{{ 2.5 | round }}", "{{ 2.675 | round: 2 }}", "{{ whole }}",
 "{{ id }}", "{{ '20 EUR' | plus: 1 }}", "{{ '1,5' | times: 2 }}", "{{ '1e3' | plus: 1 }}", "{{ card | plus: 1 }}", "{{ 18 | size }}", "{{ '' | default: 'none' }}",
 "{% if nothing < 5 %}few{% else %}many{% endif %}", "{% if '10' < '9' %}less{% else %}more{% endif %}",
 "{% if false and true or true %}granted{% else %}refused{% endif %}", "{{ '02/03/2026' | date: '%d %b' }}", "{{ at | date: '%H:%M' }}"]
JSON
cat >values.json <<'JSON'
{"points": 5, "price": 19.90, "whole": 20.0, "id": 9007199254740993, "card": "0018", "nothing": null, "at": "2026-01-31T10:00:00+02:00"}
JSON
cat >by_js.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import { Liquid } from "liquidjs";

const engine = new Liquid();
const read = (name) => JSON.parse(readFileSync(name, "utf8"));
console.log(JSON.stringify(read("templates.json").map((template) => engine.parseAndRenderSync(template, read("values.json")))));
PROGRAM
cat >by_ruby.rb <<'PROGRAM'
require "json"
require "liquid"

values = JSON.parse(File.read("values.json"))
puts JSON.dump(JSON.parse(File.read("templates.json")).map { |template| Liquid::Template.parse(template).render(values) })
PROGRAM
cat >compare.py <<'PROGRAM'
import json
import sys

from liquid import Environment

engine = Environment()
values = json.load(open("values.json"))
others = [json.load(open(name)) for name in sys.argv[1:]]
for template, js, ruby in zip(json.load(open("templates.json")), *others):
    python = engine.from_string(template).render(**values)
    same = {}
    for name, text in (("Ruby", ruby), ("LiquidJS", js), ("python-liquid", python)):
        same.setdefault(text, []).append(name)
    print(template, "->", "; ".join(f"{text or 'nothing'} by {', '.join(names)}" for text, names in same.items()))
PROGRAM
libraries=$work/debian/usr/lib/x86_64-linux-gnu
ruby=$work/debian/usr/lib/ruby
export TZ=UTC LC_ALL=C.UTF-8
gems=$(echo "$work"/debian/usr/share/rubygems-integration/all/gems/*/lib | tr ' ' ':')
node by_js.mjs >js.json
LD_LIBRARY_PATH="$libraries" RUBYLIB="$gems:$ruby/vendor_ruby:$ruby/3.1.0:$libraries/ruby/3.1.0" "$work/debian/usr/bin/ruby3.1" --disable-gems by_ruby.rb >ruby.json
env/bin/python compare.py js.json ruby.json >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "receipt-liquid-three-engines: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
