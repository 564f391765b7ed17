#!/usr/bin/env bash
# A card number that was not entered passes five of nine Luhn checks from PyPI and none from npm, where one passes a number with a letter at its end.
# Packages: luhn 0.2.0, luhncheck 2.3.0, luhn-validator 1.2.0.post4, PyLuhn 0.1, cyluhn 0.2.1, luhnmod10 1.0.2, baluhn 0.1.2, luhnpy 1.0.0,
#   python-stdnum 2.2 from PyPI; luhn 2.4.1, fast-luhn 2.0.2, luhn-js 1.1.2, node-luhn 1.0.0, luhn-alg 1.0.1 from npm
# Expected: one sum of digits, one answer; nothing, or what is no digit, is no card number.
# Happens: the empty text has the sum 0, and that is right for luhn, luhn-validator, PyLuhn, luhnmod10 and baluhn. Hyphens are let pass
#   by two, the wide digits of a Japanese keyboard by seven, blanks by three, and node-luhn takes a letter at the end for nothing. Zeros are valid for most.
# Matters: the empty field of a form is a good gift card to the till, and the host is asked for its balance.
# Output seen:
#> "4111111111111111"
#>   PyPI: valid for luhn, luhncheck, luhn-validator, PyLuhn, cyluhn, luhnmod10, baluhn, luhnpy, python-stdnum
#>   npm: valid for luhn, fast-luhn, luhn-js, node-luhn, luhn-alg
#> "378282246310005"
#>   PyPI: valid for luhn, luhncheck, luhn-validator, PyLuhn, cyluhn, luhnmod10, baluhn, luhnpy, python-stdnum
#>   npm: valid for luhn, fast-luhn, luhn-js, node-luhn, luhn-alg
#> "4111111111111112"
#>   PyPI: refused for luhn, luhncheck, luhn-validator, PyLuhn, cyluhn, luhnmod10, baluhn, luhnpy, python-stdnum
#>   npm: refused for luhn, fast-luhn, luhn-js, node-luhn, luhn-alg
#> ""
#>   PyPI: valid for luhn, luhn-validator, PyLuhn, luhnmod10, baluhn; refused for luhncheck, cyluhn, python-stdnum; an error for luhnpy
#>   npm: refused for luhn, fast-luhn, node-luhn, luhn-alg; an error for luhn-js
#> "0"
#>   PyPI: valid for luhn, luhncheck, luhn-validator, PyLuhn, cyluhn, luhnmod10, baluhn, luhnpy, python-stdnum
#>   npm: refused for luhn, luhn-alg; valid for fast-luhn, node-luhn; an error for luhn-js
#> "0000000000000000"
#>   PyPI: valid for luhn, luhncheck, luhn-validator, PyLuhn, cyluhn, luhnmod10, baluhn, luhnpy, python-stdnum
#>   npm: refused for luhn, luhn-alg; valid for fast-luhn, luhn-js, node-luhn
#> "4111 1111 1111 1111"
#>   PyPI: an error for luhn, PyLuhn, baluhn, luhnpy; valid for luhncheck, luhn-validator; refused for cyluhn, luhnmod10, python-stdnum
#>   npm: valid for luhn; refused for fast-luhn, node-luhn, luhn-alg; an error for luhn-js
#> "4111-1111-1111-1111"
#>   PyPI: an error for luhn, PyLuhn, baluhn, luhnpy; valid for luhncheck, luhn-validator; refused for cyluhn, luhnmod10, python-stdnum
#>   npm: refused for luhn, fast-luhn, node-luhn, luhn-alg; an error for luhn-js
#> "４１１１１１１１１１１１１１１１"
#>   PyPI: valid for luhn, luhncheck, luhn-validator, PyLuhn, luhnmod10, baluhn, luhnpy; refused for cyluhn, python-stdnum
#>   npm: refused for luhn, fast-luhn, node-luhn, luhn-alg; an error for luhn-js
#> "4111111111111111a"
#>   PyPI: an error for luhn, luhn-validator, PyLuhn, baluhn, luhnpy; refused for luhncheck, cyluhn, luhnmod10, python-stdnum
#>   npm: refused for luhn, fast-luhn, luhn-alg; an error for luhn-js; valid for node-luhn
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check luhn==0.2.0 luhncheck==2.3.0 luhn-validator==1.2.0.post4 PyLuhn==0.1 cyluhn==0.2.1 luhnmod10==1.0.2 \
  baluhn==0.1.2 luhnpy==1.0.0 python-stdnum==2.2
npm install --silent --no-audit --no-fund --prefix "$work" luhn@2.4.1 fast-luhn@2.0.2 luhn-js@1.1.2 node-luhn@1.0.0 luhn-alg@1.0.1 >/dev/null
cd "$work"
cat >numbers.json <<'JSON'
["4111111111111111", "378282246310005", "4111111111111112", "", "0", "0000000000000000", "4111 1111 1111 1111", "4111-1111-1111-1111", "４１１１１１１１１１１１１１１１", "4111111111111111a"]
JSON
cat >by_python.py <<'PROGRAM'
import json

import baluhn
import cyluhn
import luhn
import luhn_validator
import luhncheck
import luhnmod10
import luhnpy
import pyluhn
import stdnum.luhn

checks = {
    "luhn": luhn.verify,
    "luhncheck": luhncheck.is_luhn,
    "luhn-validator": luhn_validator.validate,
    "PyLuhn": pyluhn.verify,
    "cyluhn": cyluhn.verify,
    "luhnmod10": luhnmod10.valid,
    "baluhn": baluhn.verify,
    "luhnpy": luhnpy.verify,
    "python-stdnum": stdnum.luhn.is_valid,
}
told = []
for number in json.load(open("numbers.json")):
    answers = {}
    for name, check in checks.items():
        try:
            answer = "valid" if check(number) else "refused"
        except Exception:
            answer = "an error"
        answers.setdefault(answer, []).append(name)
    told.append(answers)
print(json.dumps(told))
PROGRAM
cat >by_js.cjs <<'PROGRAM'
const { readFileSync } = require("node:fs");

const checks = {
  luhn: require("luhn").validate,
  "fast-luhn": require("fast-luhn"),
  "luhn-js": require("luhn-js").isValid,
  "node-luhn": require("node-luhn"),
  "luhn-alg": require("luhn-alg").default ?? require("luhn-alg"),
};
const python = JSON.parse(readFileSync("python.json", "utf8"));
JSON.parse(readFileSync("numbers.json", "utf8")).forEach((number, place) => {
  const js = {};
  for (const [name, check] of Object.entries(checks)) {
    let answer = "an error";
    try {
      answer = check(number) ? "valid" : "refused";
    } catch {}
    (js[answer] ??= []).push(name);
  }
  console.log(JSON.stringify(number));
  for (const [registry, answers] of [["PyPI", python[place]], ["npm", js]]) {
    console.log(`  ${registry}: ${Object.entries(answers).map(([answer, names]) => `${answer} for ${names.join(", ")}`).join("; ")}`);
  }
});
PROGRAM
env/bin/python by_python.py >python.json
node by_js.cjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "card-no-number-is-valid: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
