#!/usr/bin/env bash
# Read into a dataclass by mashumaro, paid: "false" is true, 5.9 points are 5 and a card that is null is the text "None"; 19.9 EUR has fifty digits.
# Packages: mashumaro 3.23, dataclass-wizard 1.0.0, pyserde 0.34.0, apischema 0.19.0, adaptix 3.0.0b12, pydantic 2.14.4 from PyPI
# Expected: a reader of typed records refuses a value of another type, or converts it by its meaning; an amount becomes the decimal that was written.
# Happens: mashumaro calls the type on the value, whatever it is: bool("false"), int(5.9), str(None), Decimal(19.9). dataclass-wizard does so for texts, and
#   the number 2 is false for it. pyserde and apischema take 19.9 bit by bit as well, and true for a decimal. adaptix refuses all of this,
#   pydantic most.
# Matters: the answer of a server that breaks its contract goes through, and the till books an unpaid sale as paid.
# Output seen:
#> total "19.90": Decimal('19.90') mashumaro, dataclass-wizard, pyserde, adaptix, pydantic; refused apischema
#> total 19.9: Decimal('19.89999999999999857891452847979962825775146484375') mashumaro, pyserde, apischema; Decimal('19.9') dataclass-wizard, pydantic; refused adaptix
#> total true: Decimal('1') mashumaro, dataclass-wizard, pyserde, apischema; refused adaptix, pydantic
#> points "5": 5 mashumaro, dataclass-wizard, pydantic; refused pyserde, apischema, adaptix
#> points 5.9: 5 mashumaro; refused dataclass-wizard, pyserde, apischema, adaptix, pydantic
#> points true: 1 mashumaro, pydantic; refused dataclass-wizard, apischema, adaptix; True pyserde
#> card 18: '18' mashumaro, dataclass-wizard; refused pyserde, apischema, adaptix, pydantic
#> card null: 'None' mashumaro, dataclass-wizard; refused pyserde, apischema, adaptix, pydantic
#> paid "false": True mashumaro; False dataclass-wizard, pydantic; refused pyserde, apischema, adaptix
#> paid 0: False mashumaro, dataclass-wizard, pydantic; refused pyserde, apischema, adaptix
#> paid 2: True mashumaro; False dataclass-wizard; refused pyserde, apischema, adaptix, pydantic
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check \
  mashumaro==3.23 dataclass-wizard==1.0.0 pyserde==0.34.0 apischema==0.19.0 adaptix==3.0.0b12 pydantic==2.14.4
cat >"$work/models.py" <<'PROGRAM'
import json
from dataclasses import dataclass
from decimal import Decimal

import adaptix
import apischema
import dataclass_wizard
import pydantic
import serde
from mashumaro.codecs.json import JSONDecoder


@serde.serde
@dataclass
class Total:
    value: Decimal


@serde.serde
@dataclass
class Points:
    value: int


@serde.serde
@dataclass
class Card:
    value: str


@serde.serde
@dataclass
class Paid:
    value: bool


READERS = {
    "mashumaro": lambda model, record: JSONDecoder(model).decode(json.dumps(record)),
    "dataclass-wizard": dataclass_wizard.fromdict,
    "pyserde": serde.from_dict,
    "apischema": apischema.deserialize,
    "adaptix": lambda model, record: adaptix.Retort().load(record, model),
    "pydantic": lambda model, record: pydantic.TypeAdapter(model).validate_python(record),
}
for model, values in {Total: ["19.90", 19.9, True], Points: ["5", 5.9, True], Card: [18, None], Paid: ["false", 0, 2]}.items():
    for value in values:
        same = {}
        for name, read in READERS.items():
            try:
                outcome = repr(read(model, {"value": value}).value)
            except Exception:
                outcome = "refused"
            same.setdefault(outcome, []).append(name)
        outcomes = "; ".join(f"{outcome} {', '.join(names)}" for outcome, names in same.items())
        print(f"{model.__name__.lower()} {json.dumps(value)}: {outcomes}")
PROGRAM
"$work/env/bin/python" "$work/models.py" >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "client-models-take-anything: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
