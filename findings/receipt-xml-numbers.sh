#!/usr/bin/env bash
# The article 12E5 of an XML receipt is 12 for xml2js, 1200000 for fast-xml-parser and xml-js, and the card 0018 is 18 for all three.
# Packages: fast-xml-parser 5.12.1, xml2js 0.6.2, xml-js 1.6.11 from npm
# Expected: a reader that is asked for numbers takes what is written as one, 19.90, and leaves texts alone that would not come back the same.
# Happens: fast-xml-parser reads numbers unasked (attributes only when told to), the two others when told to. xml2js takes a text for a number as JavaScript
#   does and then reads whole ones with parseInt: 1e3 is 1, 0x1F is 0. xml-js reads 0b11 and 0o17 too, and Infinity, which its JSON writes as null.
#   Account numbers of 20 digits stay text for fast-xml-parser alone, and what has leading zeros only with an option.
# Matters: the middleware between till and server changes numbers of cards, articles and accounts, each package its own.
# Output seen:
#> 0018: 18 fast-xml-parser, xml2js, xml-js; "0018" its attribute, with care
#> 007.50: 7.5 fast-xml-parser, xml2js, xml-js; "007.50" its attribute, with care
#> 12E5: 12 xml2js; 1200000 fast-xml-parser, xml-js; "12E5" its attribute, with care
#> 1e3: 1 xml2js; 1000 fast-xml-parser, xml-js; "1e3" its attribute, with care
#> 0x1F: 0 xml2js; 31 fast-xml-parser, xml-js; "0x1F" its attribute, with care
#> 0b11: 0 xml2js; 3 xml-js; "0b11" fast-xml-parser, its attribute, with care
#> 0o17: 0 xml2js; 15 xml-js; "0o17" fast-xml-parser, its attribute, with care
#> +5: 5 fast-xml-parser, with care, xml2js, xml-js; "+5" its attribute
#> 5.: 5 fast-xml-parser, with care, xml2js, xml-js; "5." its attribute
#> 19.90: 19.9 fast-xml-parser, with care, xml2js, xml-js; "19.90" its attribute
#> -0: 0 xml-js; -0 fast-xml-parser, xml2js; "-0" its attribute, with care
#> 00: 0 fast-xml-parser, xml2js, xml-js; "00" its attribute, with care
#> 12345678901234567890: "12345678901234567890" fast-xml-parser, its attribute, with care; 12345678901234567000 xml2js, xml-js
#> Infinity: "Infinity" fast-xml-parser, its attribute, with care; Infinity xml2js; null xml-js
#> 1_000: "1_000" fast-xml-parser, its attribute, with care, xml2js, xml-js
#>  5 : 5 fast-xml-parser, with care, xml2js, xml-js; "5" its attribute
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" fast-xml-parser@5.12.1 xml2js@0.6.2 xml-js@1.6.11 >/dev/null
cd "$work"
cat >read.mjs <<'PROGRAM'
import { XMLParser } from "fast-xml-parser";
import convert from "xml-js";
import { parseString, processors } from "xml2js";

const values = ["0018", "007.50", "12E5", "1e3", "0x1F", "0b11", "0o17", "+5", "5.", "19.90", "-0", "00", "12345678901234567890", "Infinity", "1_000", " 5 "];
const xml = `<sale>${values.map((value) => `<item id="${value}">${value}</item>`).join("")}</sale>`;
const told = (value) => (Object.is(value, -0) ? "-0" : typeof value === "number" ? String(value) : JSON.stringify(value));
const byFast = new XMLParser({ ignoreAttributes: false }).parse(xml).sale.item;
const byCautious = new XMLParser({ numberParseOptions: { leadingZeros: false, hex: false, eNotation: false } }).parse(xml).sale.item;
const byConvert = JSON.parse(convert.xml2json(xml, { compact: true, nativeType: true })).sale.item;
parseString(xml, { valueProcessors: [processors.parseNumbers] }, (error, { sale }) => {
  for (const [number, value] of values.entries()) {
    const by = {
      "fast-xml-parser": byFast[number]["#text"],
      "its attribute": byFast[number]["@_id"],
      "with care": byCautious[number],
      xml2js: sale.item[number]._,
      "xml-js": byConvert[number]._text,
    };
    const same = {};
    for (const [name, read] of Object.entries(by)) (same[told(read)] ??= []).push(name);
    console.log(`${value}: ${Object.entries(same).map(([read, names]) => `${read} ${names.join(", ")}`).join("; ")}`);
  }
});
PROGRAM
node read.mjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "receipt-xml-numbers: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
