#!/usr/bin/env bash
# The amount 19.9 goes into Apache Avro's Python package as a decimal with two places and comes out as 1.99, and 20 as 0.20.
# Packages: avro 1.12.2, fastavro 1.13.1 from PyPI
# Expected: a decimal is written as unscaled value at the scale of the schema: 19.9 with scale 2 is 1990; a value over its precision is refused.
# Happens: avro writes the digits that Python's Decimal happens to have, without scaling them, unless there are exactly as many places as
#   the schema has; only more places are an error. It writes 14 digits where the precision is 10, and reads them back as
#   10 digits. It is the same for fixed and for bytes. fastavro scales, and refuses too many digits.
# Matters: a purchase is a tenth or a hundredth of what was paid, for every reader, as soon as a trailing zero was cut off.
# Output seen:
#> bytes 19.90 written by avro read as 19.90
#> bytes 19.90 written by fastavro read as 19.90
#> bytes 19.9 written by avro read as 1.99
#> bytes 19.9 written by fastavro read as 19.90
#> bytes 20 written by avro read as 0.20
#> bytes 20 written by fastavro read as 20.00
#> bytes 1E+2 written by avro read as 0.01
#> bytes 1E+2 written by fastavro read as 100.00
#> bytes -0.5 written by avro read as -0.05
#> bytes -0.5 written by fastavro read as -0.50
#> bytes 19.905 written by avro AvroOutOfScaleException
#> bytes 19.905 written by fastavro ValueError
#> bytes 123456789012.34 written by avro read as 1.234567890E+11
#> bytes 123456789012.34 written by fastavro ValueError
#> fixed 19.90 written by avro read as 19.90
#> fixed 19.90 written by fastavro read as 19.90
#> fixed 19.9 written by avro read as 1.99
#> fixed 19.9 written by fastavro read as 19.90
#> fixed 20 written by avro read as 0.20
#> fixed 20 written by fastavro read as 20.00
#> fixed 1E+2 written by avro read as 0.01
#> fixed 1E+2 written by fastavro read as 100.00
#> fixed -0.5 written by avro read as -0.05
#> fixed -0.5 written by fastavro read as -0.50
#> fixed 19.905 written by avro AvroOutOfScaleException
#> fixed 19.905 written by fastavro ValueError
#> fixed 123456789012.34 written by avro read as 1.234567890E+11
#> fixed 123456789012.34 written by fastavro ValueError
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check avro==1.12.2 fastavro==1.13.1
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import io
import json
from decimal import Decimal

import avro.io
import avro.schema
import fastavro

DECIMAL = {"logicalType": "decimal", "precision": 10, "scale": 2}


def by_avro(schema, row):
    out = io.BytesIO()
    avro.io.DatumWriter(avro.schema.parse(json.dumps(schema))).write(row, avro.io.BinaryEncoder(out))
    return out.getvalue()


def by_fastavro(schema, row):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, row)
    return out.getvalue()


def read(schema, data):
    one = avro.io.DatumReader(avro.schema.parse(json.dumps(schema))).read(avro.io.BinaryDecoder(io.BytesIO(data)))
    other = fastavro.schemaless_reader(io.BytesIO(data), schema)
    return f"{one['paid']}" if one == other else f"{one['paid']} for avro, {other['paid']} for fastavro"


for kind in ({"type": "bytes"}, {"type": "fixed", "name": "Paid", "size": 6}):
    schema = {"type": "record", "name": "Purchase", "fields": [{"name": "paid", "type": kind | DECIMAL}]}
    for text in ("19.90", "19.9", "20", "1E+2", "-0.5", "19.905", "123456789012.34"):
        for write in (by_avro, by_fastavro):
            try:
                told = "read as " + read(schema, write(schema, {"paid": Decimal(text)}))
            except Exception as error:
                told = type(error).__name__
            print(kind["type"], text, "written", write.__name__.replace("_", " "), told)
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "binary-avro-amounts: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
