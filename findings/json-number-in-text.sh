#!/usr/bin/env bash
# msgspec's strict mode takes the texts NaN, 1_000 and " 1" for a Decimal, and its lax mode refuses .77 for a float.
# Packages: msgspec 0.23.0 from PyPI
# Expected: strict means that text is no number; lax means that text that is a number is taken, for float as for Decimal.
# Happens: a field of type Decimal always takes text, whatever Python's Decimal takes: underscores, spaces, NaN, Infinity. For float, lax
#   mode takes JSON's own grammar and NaN, so ".77", "+1" and "01" are refused where Decimal takes them.
# Matters: APIs of tills send amounts as text (".77"); a price NaN passes validation and then equals no total, and a service that
#   changes its field from float to Decimal starts to take what it refused before.
# Output seen:
#> "11.77" | Decimal strict: 11.77 | float strict: refused | float lax: 11.77
#> ".77" | Decimal strict: 0.77 | float strict: refused | float lax: refused
#> "+1" | Decimal strict: 1 | float strict: refused | float lax: refused
#> "01" | Decimal strict: 1 | float strict: refused | float lax: refused
#> " 1" | Decimal strict: 1 | float strict: refused | float lax: refused
#> "1_000" | Decimal strict: 1000 | float strict: refused | float lax: refused
#> "NaN" | Decimal strict: NaN | float strict: refused | float lax: nan
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check msgspec==0.23.0
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
from decimal import Decimal

import msgspec

for text in (b'"11.77"', b'".77"', b'"+1"', b'"01"', b'" 1"', b'"1_000"', b'"NaN"'):
    line = [text.decode()]
    for kind, strict in ((Decimal, True), (float, True), (float, False)):
        try:
            read = str(msgspec.json.decode(text, type=kind, strict=strict))
        except msgspec.ValidationError:
            read = "refused"
        line.append(f"{kind.__name__} {'strict' if strict else 'lax'}: {read}")
    print(" | ".join(line))
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "json-number-in-text: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
