#!/usr/bin/env bash
# SheetJS's number formats print a sale of 10:59:59.6 as 10:59:00, or as 11:00 without the seconds, and one just before midnight as 24:00 or 12 PM.
# Packages: ssf 0.11.2, xlsx 0.18.5, numfmt 4.0.1 from npm
# Expected: a format without fractions rounds the time as a whole: 11:00:00, and 00:00 of the next day, or cuts it; a percent is rounded as it is written.
# Happens: SheetJS rounds the seconds to 60, prints 00 and carries nothing on; hours, minutes and day are rounded each by itself. numfmt carries on. 28.5 % and
#   7.125 % are rounded as doubles by SheetJS, -0.4 keeps its minus, and a euro with a German locale has English marks.
# Matters: on the page made from a till's sheet a sale moves by a minute or into the next hour, and its receipt is not found by its time.
# Output seen:
#> 10:59:59.6 as yyyy-mm-dd hh:mm:ss -> "2026-02-01 10:59:00" ssf, xlsx; "2026-02-01 11:00:00" numfmt
#> 10:59:59.6 as hh:mm -> "11:00" all
#> 10:59:59.6 as mm:ss -> "59:00" ssf, xlsx; "00:00" numfmt
#> 10:59:59.6 as hh:mm:ss.0 -> "10:59:59.6" all
#> 23:59:59.6 as yyyy-mm-dd hh:mm:ss -> "2026-02-01 23:59:00" ssf, xlsx; "2026-02-02 00:00:00" numfmt
#> 23:59:59.6 as hh:mm -> "24:00" ssf, xlsx; "00:00" numfmt
#> 23:59:59.6 as h AM/PM -> "12 PM" ssf, xlsx; "12 AM" numfmt
#> 12:00:59.4 as hh:mm:ss -> "12:00:59" all
#> 0.285 as 0% -> "28%" ssf, xlsx; "29%" numfmt
#> 0.07125 as 0.00% -> "7.12%" ssf, xlsx; "7.13%" numfmt
#> 1.005 as 0.00 -> "1.00" ssf, xlsx; "1.01" numfmt
#> -0.4 as #,##0 -> "0" numfmt; "-0" ssf, xlsx
#> 1234.5 as [$€-407] #,##0.00 -> "€ 1,234.50" ssf, xlsx; "€ 1.234,50" numfmt
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" ssf@0.11.2 xlsx@0.18.5 numfmt@4.0.1 >/dev/null
cd "$work"
cat >format.mjs <<'PROGRAM'
import { format as numfmt } from "numfmt";
import ssf from "ssf";
import xlsx from "xlsx";

const by = { ssf: ssf.format, xlsx: xlsx.SSF.format, numfmt };
const at = (hours, minutes, seconds) => 46054 + (hours * 3600 + minutes * 60 + seconds) / 86400;
const values = [
  ["10:59:59.6", at(10, 59, 59.6), ["yyyy-mm-dd hh:mm:ss", "hh:mm", "mm:ss", "hh:mm:ss.0"]],
  ["23:59:59.6", at(23, 59, 59.6), ["yyyy-mm-dd hh:mm:ss", "hh:mm", "h AM/PM"]],
  ["12:00:59.4", at(12, 0, 59.4), ["hh:mm:ss"]],
  ["0.285", 0.285, ["0%"]],
  ["0.07125", 0.07125, ["0.00%"]],
  ["1.005", 1.005, ["0.00"]],
  ["-0.4", -0.4, ["#,##0"]],
  ["1234.5", 1234.5, ["[$€-407] #,##0.00"]],
];
for (const [text, value, patterns] of values) {
  for (const pattern of patterns) {
    const same = {};
    for (const [name, format] of Object.entries(by)) (same[format(pattern, value)] ??= []).push(name);
    const answers = Object.entries(same).map(([shown, names]) => `"${shown}" ${names.length === 3 ? "all" : names.join(", ")}`);
    console.log(`${text} as ${pattern} -> ${answers.join("; ")}`);
  }
}
PROGRAM
node format.mjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "sheet-time-loses-a-minute: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
