#!/usr/bin/env bash
# A browser that asks for de-AT, then English, gets the English offers from two of seven language pickers though German ones are there; one gives a language that is not there.
# Packages: negotiator 1.1.0, accept-language-parser 1.5.0, accept-language 3.0.20, @fluent/langneg 0.7.0 from npm; Werkzeug 3.1.9, WebOb 1.8.11,
#   babel 2.19.0 from PyPI
# Expected: RFC 4647 cuts de-AT down to de; a weight of 0 is a refusal; of equal weights the first that is asked for counts; an answer is one of the texts there are.
# Happens: Werkzeug tries the whole header before it cuts anything, accept-language-parser cuts only when told (loose). Weight 0 is served by all but
#   negotiator, Werkzeug and WebOb where a star follows. Three go by the order of the header, others by that of the texts or by the exact one. Babel
#   returns the tag as the browser spelt it (DE, for texts named de). Swiss German is served the German of Germany by one, nothing or the default by the rest.
# Matters: the same browser reads the offers in German in the app and in English on the receipt's page, behind the same contract.
# Output seen:
#> de-AT,en;q=0.5 of en, de: de negotiator, accept-language, fluent, WebOb, babel; en accept-language-parser, Werkzeug
#> en-GB;q=0.8,de;q=0.8 of en, de: de negotiator, accept-language-parser, accept-language, Werkzeug; en fluent, WebOb, babel
#> en-US,en;q=0.9,de;q=0.8 of de, en-GB: en-GB negotiator, accept-language-parser, fluent; de accept-language, Werkzeug, WebOb, babel
#> de;q=0,* of de, en: en negotiator, Werkzeug; de accept-language-parser, accept-language, fluent, babel; none WebOb
#> en;q=0.0,de;q=0.5 of en, de: de negotiator, accept-language-parser, accept-language, Werkzeug, WebOb, babel; en fluent
#> de-CH of en, de-DE: none negotiator, accept-language-parser, Werkzeug, WebOb, babel; en accept-language; de-DE fluent
#> de of en, de-DE: de-DE negotiator, accept-language-parser, fluent, Werkzeug, babel; en accept-language; none WebOb
#> DE-at of en, de: de negotiator, fluent, Werkzeug, WebOb; none accept-language-parser; en accept-language; DE babel
#> * of de, en: de negotiator, accept-language, Werkzeug; none accept-language-parser, fluent, WebOb, babel
#> fr of en, de: none negotiator, accept-language-parser, fluent, Werkzeug, WebOb, babel; en accept-language
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check werkzeug==3.1.9 webob==1.8.11 babel==2.19.0
npm install --silent --no-audit --no-fund --prefix "$work" \
  negotiator@1.1.0 accept-language-parser@1.5.0 accept-language@3.0.20 @fluent/langneg@0.7.0 >/dev/null
cd "$work"
cat >asked.json <<'JSON'
[["de-AT,en;q=0.5", ["en", "de"]], ["en-GB;q=0.8,de;q=0.8", ["en", "de"]], ["en-US,en;q=0.9,de;q=0.8", ["de", "en-GB"]], ["de;q=0,*", ["de", "en"]],
 ["en;q=0.0,de;q=0.5", ["en", "de"]], ["de-CH", ["en", "de-DE"]], ["de", ["en", "de-DE"]], ["DE-at", ["en", "de"]], ["*", ["de", "en"]], ["fr", ["en", "de"]]]
JSON
cat >pick.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import { acceptedLanguages, negotiateLanguages } from "@fluent/langneg";
import language from "accept-language";
import parser from "accept-language-parser";
import Negotiator from "negotiator";

const by = {
  negotiator: (header, texts) => new Negotiator({ headers: { "accept-language": header } }).language(texts),
  "accept-language-parser": (header, texts) => parser.pick(texts, header),
  "accept-language": (header, texts) => {
    language.languages(texts);
    return language.get(header);
  },
  fluent: (header, texts) => negotiateLanguages(acceptedLanguages(header), texts, { strategy: "lookup", defaultLocale: "none" })[0],
};
const asked = JSON.parse(readFileSync("asked.json", "utf8"));
console.log(JSON.stringify(asked.map((one) => Object.entries(by).map(([name, pick]) => [name, pick(...one) ?? "none"]))));
PROGRAM
cat >compare.py <<'PROGRAM'
import json

from babel import negotiate_locale
from webob.acceptparse import create_accept_language_header
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

for (header, texts), picked in zip(json.load(open("asked.json")), json.load(open("picked.json"))):
    parsed = parse_accept_header(header, LanguageAccept)
    picked += [
        ["Werkzeug", parsed.best_match(texts) or "none"],
        ["WebOb", create_accept_language_header(header).lookup(texts, default="none")],
        ["babel", negotiate_locale([tag for tag, _ in parsed], texts, sep="-") or "none"],
    ]
    same = {}
    for name, text in picked:
        same.setdefault(text, []).append(name)
    print(f"{header} of {', '.join(texts)}:", "; ".join(f"{text} {', '.join(names) if len(same) > 1 else 'all'}" for text, names in same.items()))
PROGRAM
node pick.mjs >picked.json
env/bin/python compare.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "header-language-of-offers: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
