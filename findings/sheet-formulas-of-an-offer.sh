#!/usr/bin/env bash
# Worked out outside of Excel, INT(-2.5) is -2 and ROUND(1.005,2) is 1 for HyperFormula, and one month after 31 January is the 3rd of March for pycel.
# Packages: hyperformula 3.5.0, @formulajs/formulajs 4.6.1 from npm; formulas 1.3.4, pycel 1.0b30 from PyPI
# Expected: four packages that work out Excel's formulas agree with it: -3, 1.01 and 28 February; SUM(TRUE,"5") is 6; 30 February is no date text.
# Happens: HyperFormula cuts negative numbers towards zero, writes 28.5 % as 0% and reads a date's text day first. formulajs has minus two days left of a month
#   and no truth in a sum, pycel neither truth nor text; formulajs and formulas roll 30 February over. formulas and pycel write 2.5 as 2
#   and read no "12%". Excel's own 29% for 0.285 is written by none.
# Matters: the sheet in which marketing reckoned the points of an offer is run by the service, and pays out others.
# Output seen:
#> ROUND(2.675,2) -> 2.68 all
#> ROUND(1.005,2) -> 1 HyperFormula, formulas; 1.01 formulajs, pycel
#> ROUND(-2.5,0) -> -3 all
#> INT(-2.5) -> -2 HyperFormula; -3 formulajs, formulas, pycel
#> TRUNC(19.99*100) -> 1998 all
#> MROUND(-2.5,-1) -> -3 HyperFormula, formulajs; -2 formulas; unknown pycel
#> EDATE(DATE(2026,1,31),1) -> 2026-02-28 HyperFormula, formulajs, formulas; 2026-03-03 pycel
#> EOMONTH(DATE(2026,1,31),1) -> 2026-02-28 all
#> DATEDIF(DATE(2026,1,31),DATE(2026,3,1),"md") -> #NUM! HyperFormula; -2 formulajs; 1 formulas; unknown pycel
#> DAYS360(DATE(2026,1,31),DATE(2026,2,28)) -> 28 HyperFormula, formulas; 30 formulajs; unknown pycel
#> DATEVALUE("2026-02-30") -> #VALUE! HyperFormula, pycel; 2026-03-02 formulajs, formulas
#> DATEVALUE("02/03/2026") -> 2026-03-02 HyperFormula; 2026-02-03 formulajs, formulas, pycel
#> TEXT(0.285,"0%") -> 0% HyperFormula; 28% formulajs, formulas, pycel
#> TEXT(2.5,"0") -> 3 HyperFormula, formulajs; 2 formulas, pycel
#> VALUE("12%") -> 0.12 HyperFormula, formulajs; #VALUE! formulas, pycel
#> SUM(TRUE(),"5") -> 6 HyperFormula, formulas; 5 formulajs; 0 pycel
#> IF("",1,2) -> 2 HyperFormula, formulajs; #VALUE! formulas, pycel
#> POWER(0,0) -> 1 HyperFormula; #NUM! formulajs, formulas; #N/A pycel
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check formulas==1.3.4 pycel==1.0b30
npm install --silent --no-audit --no-fund --prefix "$work" hyperformula@3.5.0 @formulajs/formulajs@4.6.1 >/dev/null
cd "$work"
cat >formulas.json <<'JSON'
["ROUND(2.675,2)", "ROUND(1.005,2)", "ROUND(-2.5,0)", "INT(-2.5)", "TRUNC(19.99*100)", "MROUND(-2.5,-1)", "EDATE(DATE(2026,1,31),1)", "EOMONTH(DATE(2026,1,31),1)",
 "DATEDIF(DATE(2026,1,31),DATE(2026,3,1),\"md\")", "DAYS360(DATE(2026,1,31),DATE(2026,2,28))", "DATEVALUE(\"2026-02-30\")", "DATEVALUE(\"02/03/2026\")",
 "TEXT(0.285,\"0%\")", "TEXT(2.5,\"0\")", "VALUE(\"12%\")", "SUM(TRUE(),\"5\")", "IF(\"\",1,2)", "POWER(0,0)"]
JSON
cat >by_js.mjs <<'PROGRAM'
import { readFileSync } from "node:fs";
import * as formulajs from "@formulajs/formulajs";
import { HyperFormula } from "hyperformula";

const serial = (value) => (value instanceof Date ? (value.getTime() - value.getTimezoneOffset() * 60000) / 86400000 + 25569 : value);
const hyper = (formula) => {
  const value = HyperFormula.buildFromArray([[`=${formula}`]], { licenseKey: "gpl-v3" }).getCellValue({ sheet: 0, row: 0, col: 0 });
  return value?.value ?? value;
};
const plain = (formula) => {
  const value = new Function(...Object.keys(formulajs), `return ${formula}`)(...Object.values(formulajs));
  return value instanceof Error ? value.message : serial(value);
};
console.log(JSON.stringify(JSON.parse(readFileSync("formulas.json", "utf8")).map((formula) => [hyper(formula), plain(formula)])));
PROGRAM
cat >compare.py <<'PROGRAM'
import datetime
import json
import logging

import formulas
import openpyxl
import pycel

logging.disable(logging.CRITICAL)
texts = json.load(open("formulas.json"))
book = openpyxl.Workbook()
for row, text in enumerate(texts, 1):
    book.active.cell(row, 1).value = f"={text}"
book.save("offer.xlsx")
compiled = pycel.ExcelCompiler(filename="offer.xlsx")


def by_formulas(text):
    value = formulas.Parser().ast(f"={text}")[1].compile()()
    value = value.tolist() if hasattr(value, "tolist") else value
    while isinstance(value, list):
        value = value[0]
    return value


def by_pycel(row):
    try:
        return compiled.evaluate(f"Sheet!A{row}")
    except pycel.excelformula.UnknownFunction:
        return "unknown"


def shown(text, value):
    if isinstance(value, str) or value is None:
        return str(value)
    if text.startswith(("EDATE", "EOMONTH", "DATEV")):
        return str(datetime.date(1899, 12, 30) + datetime.timedelta(days=int(value)))
    return f"{float(value):g}"


for row, (text, values) in enumerate(zip(texts, json.load(open("by_js.json"))), 1):
    same = {}
    for name, value in zip(("HyperFormula", "formulajs", "formulas", "pycel"), [*values, by_formulas(text), by_pycel(row)]):
        same.setdefault(shown(text, value), []).append(name)
    print(text, "->", "; ".join(f"{value} {', '.join(names) if len(same) > 1 else 'all'}" for value, names in same.items()))
PROGRAM
TZ=UTC node by_js.mjs >by_js.json
env/bin/python compare.py 2>log >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "sheet-formulas-of-an-offer: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
