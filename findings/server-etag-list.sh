#!/usr/bin/env bash
# Asked with If-None-Match for one of two versions, WebOb finds its own only if a blank follows the comma, and never for *; a tag with a comma is found by three of five.
# Packages: fresh 2.0.0, hono 4.13.19 from npm; Werkzeug 3.1.9, WebOb 1.8.11, Django 5.2.19 from PyPI
# Expected: RFC 9110: the tags of a list are told apart with or without a blank, * is any version, a comma within the quotes is part of the tag, a tag has
#   quotes, W/ is a capital, and a date is an HTTP date.
# Happens: WebOb splits at ", " and compares * with the tag. fresh, which decides for Express, and Django split within the quotes. Werkzeug and WebOb take a tag
#   without quotes, hono and Werkzeug w/ for W/. The empty tag is none for Werkzeug and WebOb. hono knows no If-Modified-Since. fresh reads
#   any date that JavaScript reads, and heeds the no-cache of the question.
# Matters: a till that keeps the customer's wallet is sent it anew at each question, or is told that nothing has changed.
# Output seen:
#> "a" asked with if-none-match: "x", "a" -> unchanged for all
#> "a" asked with if-none-match: "x","a" -> unchanged for fresh, hono, Werkzeug, Django
#> "a" asked with if-none-match: * -> unchanged for fresh, hono, Werkzeug, Django
#> "a,b" asked with if-none-match: "a,b" -> unchanged for hono, Werkzeug, WebOb
#> W/"a" asked with if-none-match: "a" -> unchanged for all
#> "a" asked with if-none-match: w/"a" -> unchanged for hono, Werkzeug
#> "a" asked with if-none-match: a -> unchanged for Werkzeug, WebOb
#> "" asked with if-none-match: "" -> unchanged for fresh, hono, Django
#> "a" asked with if-none-match: "a"; cache-control: no-cache -> unchanged for hono, Werkzeug, WebOb, Django
#> "a" asked with if-modified-since: Tue, 03 Feb 2026 10:00:00 GMT -> unchanged for fresh, Werkzeug, WebOb, Django
#> "a" asked with if-modified-since: 2026-02-03T10:00:00Z -> unchanged for fresh
#> "a" asked with if-none-match: "x"; if-modified-since: Tue, 03 Feb 2026 10:00:00 GMT -> unchanged for none
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check werkzeug==3.1.9 webob==1.8.11 django==5.2.19
npm install --silent --no-audit --no-fund --prefix "$work" fresh@2.0.0 hono@4.13.19 >/dev/null
cd "$work"
cat >cases.json <<'JSON'
[["\"a\"", {"if-none-match": "\"x\", \"a\""}], ["\"a\"", {"if-none-match": "\"x\",\"a\""}], ["\"a\"", {"if-none-match": "*"}], ["\"a,b\"", {"if-none-match": "\"a,b\""}],
 ["W/\"a\"", {"if-none-match": "\"a\""}], ["\"a\"", {"if-none-match": "w/\"a\""}], ["\"a\"", {"if-none-match": "a"}], ["\"\"", {"if-none-match": "\"\""}],
 ["\"a\"", {"if-none-match": "\"a\"", "cache-control": "no-cache"}], ["\"a\"", {"if-modified-since": "Tue, 03 Feb 2026 10:00:00 GMT"}],
 ["\"a\"", {"if-modified-since": "2026-02-03T10:00:00Z"}], ["\"a\"", {"if-none-match": "\"x\"", "if-modified-since": "Tue, 03 Feb 2026 10:00:00 GMT"}]]
JSON
cat >ask.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import fresh from "fresh";
import { Hono } from "hono";
import { etag } from "hono/etag";

const modified = "Tue, 03 Feb 2026 10:00:00 GMT";
const byHono = async (tag, headers) => {
  const app = new Hono();
  app.use(etag());
  app.get("/", (context) => context.text("wallet", 200, { ETag: tag, "Last-Modified": modified }));
  return (await app.request("/", { headers })).status === 304;
};
const answers = [];
for (const [tag, headers] of JSON.parse(readFileSync("cases.json", "utf8"))) {
  answers.push({ fresh: fresh(headers, { etag: tag, "last-modified": modified }), hono: await byHono(tag, headers) });
}
console.log(JSON.stringify(answers));
PROGRAM
cat >ask.py <<'PROGRAM'
import datetime
import json

import django
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.cache import get_conditional_response
from webob import Request
from webob import Response as WebObResponse
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response as WerkzeugResponse

settings.configure()
django.setup()
modified = datetime.datetime(2026, 2, 3, 10, tzinfo=datetime.timezone.utc)
validators = {"Last-Modified": "Tue, 03 Feb 2026 10:00:00 GMT"}


def by_werkzeug(tag, headers):
    response = WerkzeugResponse("wallet", headers={"ETag": tag, **validators})
    return response.make_conditional(EnvironBuilder(headers=headers).get_environ()).status_code


def by_webob(tag, headers):
    response = WebObResponse("wallet", conditional_response=True)
    response.headers.update({"ETag": tag, **validators})
    return Request.blank("/", headers=headers).get_response(response).status_int


def by_django(tag, headers):
    request = RequestFactory().get("/", headers=headers)
    return get_conditional_response(request, etag=tag, last_modified=int(modified.timestamp()), response=HttpResponse("wallet")).status_code


for (tag, headers), answers in zip(json.load(open("cases.json")), json.load(open("js.json"))):
    for name, ask in (("Werkzeug", by_werkzeug), ("WebOb", by_webob), ("Django", by_django)):
        answers[name] = ask(tag, headers) == 304
    unchanged = [name for name, answer in answers.items() if answer]
    question = "; ".join(f"{name}: {value}" for name, value in headers.items())
    print(f"{tag} asked with {question} -> unchanged for {'all' if len(unchanged) == 5 else ', '.join(unchanged) or 'none'}")
PROGRAM
node ask.mjs >js.json
env/bin/python ask.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "server-etag-list: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
