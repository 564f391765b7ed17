#!/usr/bin/env bash
# Of nine good VAT numbers jsvat refuses three and pyvat three: a Belgian one that begins with 1, all of Northern Ireland, all Greek ones with EL.
# Packages: jsvat 2.5.4, jsvat-next 3.0.4, @form-validation/validator-vat 2.4.0 from npm; python-stdnum 2.2, pyvat 1.3.18 from PyPI
# Expected: a checker of the format and the check digit agrees with the tax office, or refuses nothing that it may not know.
# Happens: below. Belgium gives numbers with a 1 in front since 2023, Latvia personal codes with 32 (and no date in them) since 2017, Northern Ireland has
#   XI since 2021, companies in the one-stop shop have EU. Greece writes EL though its country code is GR; pyvat wants GR, jsvat and jsvat-next
#   EL, the others take both. pyvat knows no check digits.
# Matters: the customer who wants the company's number on the receipt cannot enter it, or gets a refusal at the next station.
# Output seen:
#> BE0100000070: stdnum good, pyvat good, jsvat good, jsvat-next good, validator-vat good
#> BE1000000021: stdnum good, pyvat good, jsvat refused, jsvat-next good, validator-vat refused
#> EL090000008: stdnum good, pyvat refused, jsvat good, jsvat-next good, validator-vat good
#> GR090000008: stdnum good, pyvat good, jsvat refused, jsvat-next refused, validator-vat good
#> IE1234567T: stdnum good, pyvat good, jsvat good, jsvat-next good, validator-vat good
#> IE1234567WH: stdnum good, pyvat good, jsvat good, jsvat-next good, validator-vat good
#> LV32999999901: stdnum good, pyvat good, jsvat refused, jsvat-next refused, validator-vat refused
#> XI123456727: stdnum good, pyvat refused, jsvat refused, jsvat-next good, validator-vat good
#> EU528000001: stdnum good, pyvat refused, jsvat good, jsvat-next good, validator-vat good
#> NL123456789B13: stdnum good, pyvat good, jsvat good, jsvat-next good, validator-vat good
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check python-stdnum==2.2 pyvat==1.3.18
npm install --silent --no-audit --no-fund --prefix "$work" \
  jsvat@2.5.4 jsvat-next@3.0.4 @form-validation/validator-vat@2.4.0 @form-validation/core@2.4.0 >/dev/null
cd "$work"
cat >numbers.json <<'JSON'
["BE0100000070", "BE1000000021", "EL090000008", "GR090000008", "IE1234567T", "IE1234567WH", "LV32999999901", "XI123456727", "EU528000001", "NL123456789B13"]
JSON
cat >by_js.cjs <<'PROGRAM'
const { vat } = require("@form-validation/validator-vat");
const jsvat = require("jsvat");
const next = require("jsvat-next");

const checked = ({ checkVAT, ...countries }, number) => checkVAT(number, Object.values(countries).filter((country) => country.codes)).isValid;
const inForm = (number) => {
  const country = number.slice(0, 2);
  return vat().validate({ value: number, options: { country }, l10n: { vat: { country: "", countries: {}, default: "" } }, elements: [] }).valid;
};
for (const number of require("./numbers.json")) {
  const by = { jsvat: checked(jsvat, number), "jsvat-next": checked(next, number), "validator-vat": inForm(number) };
  console.log(Object.entries(by).map(([name, good]) => `${name} ${good ? "good" : "refused"}`).join(", "));
}
PROGRAM
cat >by_python.py <<'PROGRAM'
import json

import pyvat
from stdnum.eu import vat

for number in json.load(open("numbers.json")):
    by = {"stdnum": vat.is_valid(number), "pyvat": pyvat.is_vat_number_format_valid(number[2:], number[:2])}
    print(f"{number}:", ", ".join(f"{name} {'good' if good else 'refused'}" for name, good in by.items()))
PROGRAM
node by_js.cjs >js
env/bin/python by_python.py | paste -d '~' - js | sed 's/~/, /' >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "tax-vat-number-checkers: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
