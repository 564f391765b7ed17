#!/usr/bin/env bash
# SheetJS reads the CSV amount 19,90 as 1990 and 1.234,50 as 1.2345, also from a file separated by semicolons, and the number 007-1 as a date in 2001.
# Packages: xlsx 0.18.5, papaparse 5.7.1, csvtojson 2.0.14 from npm
# Expected: a cell that is no number by the reader's own rules stays text, as with other readers of CSV that look for numbers.
# Happens: SheetJS takes every comma out before it reads a number, wherever the comma stands; and what JavaScript's Date understands becomes a day
#   number: 007-1 is 1 July 2001, 5- is 1 May 2001. Written as CSV again, an ISO date has two digits of the year and the others are 7/1/01.
# Matters: a price list or a list of customers saved as CSV in most of Europe gives amounts a hundred times too large, and lost numbers.
# Output seen:
#> 0,5: SheetJS 5, Papa Parse "0,5", csvtojson "0,5"; by SheetJS to CSV again 0,5
#> 19,90: SheetJS 1990, Papa Parse "19,90", csvtojson "19,90"; by SheetJS to CSV again 19,90
#> 1.234,50: SheetJS 1.2345, Papa Parse "1.234,50", csvtojson "1.234,50"; by SheetJS to CSV again 1.234,50
#> 3,5%: SheetJS 0.35, Papa Parse "3,5%", csvtojson "3,5%"; by SheetJS to CSV again 3,5%
#> 007-1: SheetJS 37073, Papa Parse "007-1", csvtojson "007-1"; by SheetJS to CSV again 7/1/01
#> 5-: SheetJS 37012, Papa Parse "5-", csvtojson "5-"; by SheetJS to CSV again 5/1/01
#> 100-200: SheetJS "100-200", Papa Parse "100-200", csvtojson "100-200"; by SheetJS to CSV again 100-200
#> 2026-01-31: SheetJS 46053, Papa Parse "2026-01-31", csvtojson "2026-01-31"; by SheetJS to CSV again 1/31/26
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" xlsx@0.18.5 papaparse@5.7.1 csvtojson@2.0.14 >/dev/null
cat >"$work/read.js" <<'PROGRAM'
const csvtojson = require("csvtojson");
const papa = require("papaparse");
const sheetjs = require("xlsx");

const cells = ["0,5", "19,90", "1.234,50", "3,5%", "007-1", "5-", "100-200", "2026-01-31"];
const text = ["cell;row", ...cells.map((cell, row) => `${cell};r${row}`)].join("\n");
const sheet = sheetjs.read(text, { type: "string" }).Sheets.Sheet1;
const read = sheetjs.utils.sheet_to_json(sheet);
const again = sheetjs.utils.sheet_to_csv(sheet, { FS: ";" }).split("\n");
const parsed = papa.parse(text, { header: true, dynamicTyping: true }).data;
csvtojson({ checkType: true, delimiter: ";" }).fromString(text).then((converted) => {
  cells.forEach((cell, row) => {
    const [first, second, third] = [read, parsed, converted].map((rows) => JSON.stringify(rows[row].cell));
    const written = again[row + 1].split(";")[0];
    console.log(`${cell}: SheetJS ${first}, Papa Parse ${second}, csvtojson ${third}; by SheetJS to CSV again ${written}`);
  });
});
PROGRAM
TZ=UTC node "$work/read.js" >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "csv-decimal-comma: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
