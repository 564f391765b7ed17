#!/usr/bin/env bash
# A client that accepts application/json; charset=utf-8 gets no JSON from four of six pickers, and one that refuses JSON with q=0 gets it from Django.
# Packages: negotiator 1.1.0, @hapi/accept 6.0.3 from npm; Werkzeug 3.1.9, WebOb 1.8.11, Django 5.2.19, python-mimeparse 2.0.0 from PyPI
# Expected: RFC 9110: the most specific range decides for a type, q=0 refuses it, the greatest weight wins, and the answer is one of the types that there are.
# Happens: a parameter that the service's type has not makes it another type for four; @hapi/accept answers the range that was asked for, which the service has
#   not, and python-mimeparse passes over it. Django does not look at the q=0 of JSON when */* is there too. Of equal weights Werkzeug and WebOb give what the
#   service names first, the others, with one exception, what the client does; for */* python-mimeparse gives the last. JSON in capitals is none for it.
# Matters: a receipt comes as a page or as 406 for a client that says its charset, which many do, and changes with the framework.
# Output seen:
#> application/json; charset=utf-8 of application/json -> none negotiator, Werkzeug, WebOb, Django; application/json;charset=utf-8 @hapi/accept; application/json python-mimeparse
#> application/json of application/json;version=1 -> application/json;version=1 negotiator, WebOb, Django, python-mimeparse; none @hapi/accept, Werkzeug
#> application/json;q=0, */* of application/json, text/html -> text/html negotiator, @hapi/accept, Werkzeug, WebOb, python-mimeparse; application/json Django
#> */* of text/html, application/json -> text/html negotiator, @hapi/accept, Werkzeug, WebOb, Django; application/json python-mimeparse
#> application/json, application/pdf of application/pdf, application/json -> application/json negotiator, @hapi/accept, Django, python-mimeparse; application/pdf Werkzeug, WebOb
#> application/pdf;q=0.5, application/json;q=0.5 of application/json, application/pdf -> application/pdf negotiator, Django, python-mimeparse; application/json @hapi/accept, Werkzeug, WebOb
#> Application/JSON of application/json -> application/json negotiator, @hapi/accept, Werkzeug, WebOb, Django; none python-mimeparse
#> application/json;q=0.5;ext=1 of application/json -> none negotiator, Werkzeug, Django; application/json @hapi/accept, WebOb, python-mimeparse
#> text/*;q=0.5, application/json;q=0.4 of application/json, text/html -> text/html all
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check werkzeug==3.1.9 webob==1.8.11 django==5.2.19 python-mimeparse==2.0.0
npm install --silent --no-audit --no-fund --prefix "$work" negotiator@1.1.0 @hapi/accept@6.0.3 >/dev/null
cd "$work"
cat >cases.json <<'JSON'
[["application/json; charset=utf-8", ["application/json"]], ["application/json", ["application/json;version=1"]], ["application/json;q=0, */*", ["application/json", "text/html"]],
 ["*/*", ["text/html", "application/json"]], ["application/json, application/pdf", ["application/pdf", "application/json"]],
 ["application/pdf;q=0.5, application/json;q=0.5", ["application/json", "application/pdf"]], ["Application/JSON", ["application/json"]],
 ["application/json;q=0.5;ext=1", ["application/json"]], ["text/*;q=0.5, application/json;q=0.4", ["application/json", "text/html"]]]
JSON
cat >pick.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import hapi from "@hapi/accept";
import Negotiator from "negotiator";

const byHapi = (header, types) => {
  try {
    return hapi.mediaType(header, types) || "none";
  } catch {
    return "none";
  }
};
const cases = JSON.parse(readFileSync("cases.json", "utf8"));
console.log(
  JSON.stringify(
    cases.map(([header, types]) => ({
      negotiator: new Negotiator({ headers: { accept: header } }).mediaType(types) ?? "none",
      "@hapi/accept": byHapi(header, types),
    })),
  ),
);
PROGRAM
cat >pick.py <<'PROGRAM'
import json

import mimeparse
from django.conf import settings
from django.test import RequestFactory
from webob.acceptparse import create_accept_header
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

settings.configure()
for (header, types), picked in zip(json.load(open("cases.json")), json.load(open("js.json"))):
    picked["Werkzeug"] = parse_accept_header(header, MIMEAccept).best_match(types) or "none"
    picked["WebOb"] = next((one for one, _ in create_accept_header(header).acceptable_offers(types)), "none")
    picked["Django"] = RequestFactory().get("/", headers={"accept": header}).get_preferred_type(types) or "none"
    picked["python-mimeparse"] = mimeparse.best_match(types, header) or "none"
    same = {}
    for name, text in picked.items():
        same.setdefault(text, []).append(name)
    print(f"{header} of {', '.join(types)} ->", "; ".join(f"{text} {', '.join(names) if len(same) > 1 else 'all'}" for text, names in same.items()))
PROGRAM
node pick.mjs >js.json
env/bin/python pick.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "header-accept-receipt: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
