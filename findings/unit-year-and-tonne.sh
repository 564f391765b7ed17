#!/usr/bin/env bash
# One mt of flour is 1000 kg for convert-units and 1 kg for js-quantities, a year has 365, 365.25 or 365.2422 days, and the pound of convert-units is short.
# Packages: convert-units 2.3.4, js-quantities 1.8.0, convert 8.0.2 from npm; pint 0.25.3 from PyPI
# Expected: units by their definition: 1 lb is 0.45359237 kg and 1 oz 28.349523125 g, exactly; a month or a year has one length, or none.
# Happens: convert-units has the pound as 453.592 g. mt is a thousandth of a tonne for js-quantities. A month is 30 days for convert and 30.4375 for others, and
#   m in convert is a minute as soon as the other side is a time. All four have 7.000000000000001 cm for 0.07 m.
# Matters: the price for each kilogram on the shelf and the one on the receipt differ in the last digit, and points for one year end on another day.
# Output seen:
#> 10000 lb in kg: 4535.92 convert-units; 4535.9237 js-quantities, convert, pint
#> 10000 oz in g: 283495 convert-units; 283495.23 js-quantities, convert, pint
#> 100 cup in l: 23.658824 convert-units, js-quantities, convert, pint
#> 1 mt in kg: 1000 convert-units, convert, pint; 1 js-quantities
#> 1 year in day: 365.25 convert-units, pint; 365.2422 js-quantities; 365 convert
#> 1 month in day: 30.4375 convert-units, pint; 30 convert
#> 0.07 m in cm: 7.000000000000001 convert-units, js-quantities, convert, pint
#> 1 m in s: 60 convert
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check pint==0.25.3
npm install --silent --no-audit --no-fund --prefix "$work" convert-units@2.3.4 js-quantities@1.8.0 convert@8.0.2 >/dev/null
cd "$work"
cat >convert.mjs <<'PROGRAM'
import { convert } from "convert";
import convertUnits from "convert-units";
import Qty from "js-quantities";

const cases = [
  [10000, ["lb", "kg"], ["lb", "kg"], ["lb", "kg"]],
  [10000, ["oz", "g"], ["oz", "g"], ["oz", "g"]],
  [100, ["cup", "l"], ["cup", "l"], ["cup", "l"]],
  [1, ["mt", "kg"], ["mt", "kg"], ["tonne", "kg"]],
  [1, ["year", "d"], ["year", "day"], ["year", "day"]],
  [1, ["month", "d"], null, ["month", "day"]],
  [0.07, ["m", "cm"], ["m", "cm"], ["m", "cm"]],
  [1, null, null, ["m", "s"]],
];
const answers = cases.map(([value, units, quantities, plain]) => [
  ["convert-units", units && convertUnits(value).from(units[0]).to(units[1])],
  ["js-quantities", quantities && Qty(`${value} ${quantities[0]}`).to(quantities[1]).scalar],
  ["convert", convert(value, plain[0]).to(plain[1])],
]);
console.log(JSON.stringify(answers));
PROGRAM
cat >compare.py <<'PROGRAM'
import json

import pint

units = pint.UnitRegistry()
cases = [
    (10000, "lb", "kg"),
    (10000, "oz", "g"),
    (100, "cup", "l"),
    (1, "tonne", "kg"),
    (1, "year", "day"),
    (1, "month", "day"),
    (0.07, "m", "cm"),
    (1, "m", "s"),
]
for (value, source, target), answers in zip(cases, json.load(open("js.json"))):
    if (source, target) != ("m", "s"):
        answers.append(["pint", units.Quantity(value, source).to(target).magnitude])
    same = {}
    for name, answer in answers:
        if answer is not None:
            same.setdefault(f"{answer:.16g}" if source == "m" else f"{answer:.8g}", []).append(name)
    print(f"{value} {'mt' if source == 'tonne' else source} in {target}:", "; ".join(f"{text} {', '.join(names)}" for text, names in same.items()))
PROGRAM
node convert.mjs >js.json
env/bin/python compare.py >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "unit-year-and-tonne: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
