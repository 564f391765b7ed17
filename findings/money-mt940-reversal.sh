#!/usr/bin/env bash
# The bank takes back 12 EUR, and the account has 12 EUR more for two of five MT940 readers; a booking of New Year's Day is a year old for four.
# Packages: mt-940 5.1.1 from PyPI; mt940js 1.3.5, mt940-js 1.0.0, @centrapay/swift-parser 1.0.1, swiftmessageparser 1.2.1, tslib 2.8.1 from npm
# Expected: in :61: RC is the reversal of a credit, so money that goes, and RD one that comes back; the day of booking, which has no year there, is the one
#   next to the value date, and the lines add up to the closing balance.
# Happens: mt-940 gives only D a minus; mt940-js calls RC a credit and RD a debit. The value date 31 December 2025 with the entry 0101 is booked on 1 January 2025
#   by all four from npm. mt940js and the parsers that are made from it check the sum.
# Matters: points that were paid out and came back, or a refund that bounced, are booked twice the wrong way.
# Output seen:
#> points paid out, amount: -19.9 mt940js, mt940-js, centrapay, swiftmessageparser, mt-940
#> points paid out, booked: 2026-01-02 mt940js, mt940-js, centrapay, swiftmessageparser, mt-940
#> credit taken back, amount: -12 mt940js, centrapay, swiftmessageparser; 12 mt940-js, mt-940
#> credit taken back, booked: 2025-01-01 mt940js, mt940-js, centrapay, swiftmessageparser; 2026-01-01 mt-940
#> debit given back, amount: 0.5 mt940js, centrapay, swiftmessageparser, mt-940; -0.5 mt940-js
#> sum of the lines, -31.4 by the balances: -31.4 mt940js; -8.4 mt940-js; -31.4 centrapay; -31.4 swiftmessageparser; -7.4 mt-940
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check mt-940==5.1.1
npm install --silent --no-audit --no-fund --prefix "$work" \
  mt940js@1.3.5 mt940-js@1.0.0 @centrapay/swift-parser@1.0.1 swiftmessageparser@1.2.1 tslib@2.8.1 >/dev/null
cd "$work"
cat >account.sta <<'MT940'
:20:POINTS
:25:10010010/111111111
:28C:00001/001
:60F:C251230EUR100,00
:61:2601020102D19,9NTRFNONREF
:86:points paid out
:61:2512310101RC12,00NTRF0018
:86:credit taken back
:61:260203RD0,5NTRF0012
:86:debit given back
:62F:C260203EUR68,60
-
MT940
cat >read.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import centrapay from "@centrapay/swift-parser";
import * as mt940 from "mt940-js";
import { Parser } from "mt940js";
import swift from "swiftmessageparser";

const data = readFileSync("account.sta", "utf8");
const day = (date) => (date ? (date.toISOString?.() ?? date).slice(0, 10) : null);
const lines = (statements) => statements[0].transactions.map((line) => [Number(line.amount), day(line.entryDate)]);
const mt940Lines = (await mt940.read(readFileSync("account.sta")))[0].transactions;
console.log(
  JSON.stringify({
    mt940js: lines(new Parser().parse(data)),
    "mt940-js": mt940Lines.map((line) => [line.isCredit ? line.amount : -line.amount, line.entryDate || null]),
    centrapay: lines(centrapay.parse({ type: "mt940", data })),
    swiftmessageparser: lines(swift.parse({ type: "mt940", data })),
  }),
);
PROGRAM
cat >compare.py <<'PROGRAM'
import json

import mt940

read = json.load(open("js.json"))
read["mt-940"] = [[float(line.data["amount"].amount), str(line.data["entry_date"]) if "entry_date" in line.data else None] for line in mt940.parse("account.sta")]
for number, what in enumerate(("points paid out", "credit taken back", "debit given back")):
    for place, kind in ((0, "amount"), (1, "booked")):
        same = {}
        for name, lines in read.items():
            if lines[number][place] is not None:
                same.setdefault(lines[number][place], []).append(name)
        if same:
            print(f"{what}, {kind}:", "; ".join(f"{value} {', '.join(names)}" for value, names in same.items()))
print("sum of the lines, -31.4 by the balances:", "; ".join(f"{sum(amount for amount, _ in lines):.1f} {name}" for name, lines in read.items()))
PROGRAM
export TZ=UTC
node read.mjs >js.json
env/bin/python compare.py 2>log >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "money-mt940-reversal: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
