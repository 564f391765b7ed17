#!/usr/bin/env bash
# A gift card of 16 digits that begins with 00 has 14 digits after py8583 has read the ISO 8583 message and written it again unchanged.
# Packages: py8583 1.3, pyiso8583 4.0.1 from PyPI; iso_8583 2.6.7 from npm
# Expected: the fields of an ISO 8583 message are texts of digits; a message that is read and written again is the same.
# Happens: py8583 reads every field of type n as an integer: card number 0018123456789012 as 18123456789012, the processing code 003000 as 3000. Fields of
#   fixed length get their zeros back, those with a length in front a smaller length. Reading answers '036' for a currency, as it is of type an
#   there. pyiso8583 and iso_8583 keep all the digits.
# Matters: a router between till and host asks for the balance of a card that is not the customer's.
# Output seen:
#> written by pyiso8583: 02007020000008008000160018123456789012003000000000001990000018000000000018036
#> read by pyiso8583: '0018123456789012' '003000' '000000001990' '000018' '000000000018' '036'
#> read by py8583: 18123456789012 3000 1990 18 '000000000018' '036'
#> written again by py8583: 020070200000080080001418123456789012003000000000001990000018000000000018036
#> read by iso_8583: '0018123456789012' '003000' '000000001990' '000018' '000000000018' '036'
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check py8583==1.3 pyiso8583==4.0.1
npm install --silent --no-audit --no-fund --prefix "$work" iso_8583@2.6.7 >/dev/null
cd "$work"
cat >by_python.py <<'PROGRAM'
import iso8583
from iso8583.specs import default_ascii
from py8583.py8583 import Iso8583
from py8583.py8583spec import IsoSpec1987ASCII

FIELDS = ("2", "3", "4", "11", "37", "49")
message = {"t": "0200", "2": "0018123456789012", "3": "003000", "4": "000000001990", "11": "000018", "37": "000000000018", "49": "036"}
written = bytes(iso8583.encode(dict(message), default_ascii)[0])
open("message", "wb").write(written)
print("written by pyiso8583:", written.decode())
print("read by pyiso8583:", *(repr(iso8583.decode(written, default_ascii)[0][field]) for field in FIELDS))
read = Iso8583(IsoMsg=written, IsoSpec=IsoSpec1987ASCII())
print("read by py8583:", *(repr(read.FieldData(int(field))) for field in FIELDS))
print("written again by py8583:", read.BuildIso().decode())
PROGRAM
cat >by_js.cjs <<'PROGRAM'
const { readFileSync } = require("node:fs");
const Iso8583 = require("iso_8583");

const text = readFileSync("message", "latin1");
const bare = Buffer.concat([Buffer.from(text.slice(0, 4)), Buffer.from(text.slice(4, 20), "hex"), Buffer.from(text.slice(20))]);
const message = new Iso8583().getIsoJSON(Buffer.concat([Buffer.from([0, bare.length]), bare]));
console.log("read by iso_8583:", ["2", "3", "4", "11", "37", "49"].map((field) => `'${message[field]}'`).join(" "));
PROGRAM
env/bin/python by_python.py >seen
node by_js.cjs >>seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "card-iso8583-leading-zeros: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
