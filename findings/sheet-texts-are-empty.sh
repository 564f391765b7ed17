#!/usr/bin/env bash
# Every text of an Excel file that openpyxl wrote is empty for pylightxl, cards and names alike, and 28.02.2026 is "dd.00.yyyy" in the formatted values of Roo.
# Packages: openpyxl 3.1.5, pylightxl 1.61, python-calamine 0.9.1 from PyPI; xlsx 0.18.5, exceljs 4.4.0 from npm; Debian 12: ruby-roo 2.10.0-1
# Expected: a sheet written by one library is the same sheet for the others; what Excel shows can be had beside the value.
# Happens: openpyxl writes texts within the cells (inlineStr), which pylightxl does not read. Roo reads a month mm as minutes where the format is dd.mm.yyyy, shows
#   0.3 as 0, and [h] as the hour in brackets. 30 hours are six o'clock on New Year's Eve 1899 for exceljs and Roo and 06:00 for pylightxl; the card
#   4111111111111111 is a float for calamine and 4.11111E+15 in the text of xlsx, which has no text for a date with points.
# Matters: the list of cards that a partner sends as a sheet arrives with empty cards, or with other ends of validity than he sees.
# Output seen:
#> openpyxl '0018', calamine '0018', pylightxl '', Roo 0018 (shown: 0018), xlsx "0018" (shown: 0018), exceljs "0018"
#> openpyxl 'Kim', calamine 'Kim', pylightxl '', Roo Kim (shown: Kim), xlsx "Kim" (shown: Kim), exceljs "Kim"
#> openpyxl 18, calamine 18.0, pylightxl 18, Roo 18 (shown: 0018), xlsx 18 (shown: 0018), exceljs 18
#> openpyxl 4111111111111111, calamine 4111111111111111.0, pylightxl 4111111111111111, Roo 4111111111111111 (shown: 4111111111111111), xlsx 4111111111111111 (shown: 4.11111E+15), exceljs 4111111111111111
#> openpyxl 0.3, calamine 0.3, pylightxl 0.3, Roo 0.3 (shown: 0), xlsx 0.3 (shown: 0.3), exceljs 0.3
#> openpyxl datetime.datetime(2026, 2, 28, 0, 0), calamine datetime.date(2026, 2, 28), pylightxl '2026/02/28', Roo 2026-02-28 (shown: dd.00.yyyy), xlsx 46081 (shown: undefined), exceljs "2026-02-28T00:00:00.000Z"
#> openpyxl datetime.timedelta(days=1, seconds=21600), calamine datetime.timedelta(days=1, seconds=21600), pylightxl '06:00:00', Roo 1899-12-31T06:00:00+00:00 (shown: [6]:00), xlsx 1.25 (shown: 30:00), exceljs "1899-12-31T06:00:00.000Z"
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check openpyxl==3.1.5 pylightxl==1.61 python-calamine==0.9.1
npm install --silent --no-audit --no-fund --prefix "$work" xlsx@0.18.5 exceljs@4.4.0 >/dev/null
mkdir "$work/debs"
chmod 755 "$work"
(cd "$work/debs" && apt-get download --quiet=2 ruby-roo=2.10.0-1 ruby-nokogiri ruby-zip ruby-rubygems racc libxml2 libxslt1.1 ruby3.1 libruby3.1 libyaml-0-2 >/dev/null 2>&1)
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/debian"; done
cd "$work"
cat >write.py <<'PROGRAM'
import datetime
import json
import sys

import openpyxl
import pylightxl
from python_calamine import CalamineWorkbook

cells = [
    ("0018", "General"), ("Kim", "General"), (18, "0000"), (4111111111111111, "General"), (0.3, "General"), (datetime.datetime(2026, 2, 28), "dd.mm.yyyy"),
    (datetime.timedelta(hours=30), "[h]:mm"),
]
book = openpyxl.Workbook()
for row, (value, number_format) in enumerate(cells, 1):
    book.active.cell(row, 1, value).number_format = number_format
book.save("cards.xlsx")
light = pylightxl.readxl("cards.xlsx")
print(
    json.dumps(
        {
            "openpyxl": [repr(cell.value) for cell in openpyxl.load_workbook("cards.xlsx").active["A"]],
            "calamine": [repr(row[0]) for row in CalamineWorkbook.from_path("cards.xlsx").get_sheet_by_index(0).to_python()],
            "pylightxl": [repr(light.ws("Sheet").index(row, 1)) for row in range(1, len(cells) + 1)],
        }
    )
)
PROGRAM
cat >by_ruby.rb <<'PROGRAM'
require "json"
require "roo"

sheet = Roo::Spreadsheet.open("cards.xlsx")
puts JSON.dump((1..7).map { |row| "#{sheet.cell(row, 1)} (shown: #{sheet.formatted_value(row, 1)})" })
PROGRAM
cat >by_js.cjs <<'PROGRAM'
const { readFileSync } = require("node:fs");
const ExcelJS = require("exceljs");
const XLSX = require("xlsx");

const told = JSON.parse(readFileSync("python.json", "utf8"));
told.Roo = JSON.parse(readFileSync("ruby.json", "utf8"));
const sheet = XLSX.readFile("cards.xlsx").Sheets.Sheet;
told.xlsx = told.Roo.map((_, row) => `${JSON.stringify(sheet[`A${row + 1}`].v)} (shown: ${sheet[`A${row + 1}`].w})`);
new ExcelJS.Workbook().xlsx.readFile("cards.xlsx").then((book) => {
  told.exceljs = told.Roo.map((_, row) => JSON.stringify(book.worksheets[0].getCell(`A${row + 1}`).value));
  told.Roo.forEach((_, row) => console.log(Object.entries(told).map(([name, values]) => `${name} ${values[row]}`).join(", ")));
});
PROGRAM
libraries=$work/debian/usr/lib/x86_64-linux-gnu
ruby=$work/debian/usr/lib/ruby
export TZ=UTC LC_ALL=C.UTF-8
path=$ruby/vendor_ruby:$libraries/ruby/vendor_ruby/3.1.0:$ruby/3.1.0:$libraries/ruby/3.1.0
for folder in "$work"/debian/usr/share/rubygems-integration/*/gems/*/lib "$libraries"/rubygems-integration/3.1.0/{gems/*/lib,extensions/*/*/*}; do path=$path:$folder; done
env/bin/python write.py >python.json
gems=$work/debian/usr/share/rubygems-integration
GEM_PATH="$gems/all:$gems/3.1.0:$libraries/rubygems-integration/3.1.0" LD_LIBRARY_PATH="$libraries" RUBYLIB="$path" \
  "$work/debian/usr/bin/ruby3.1" by_ruby.rb >ruby.json
node by_js.cjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "sheet-texts-are-empty: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
