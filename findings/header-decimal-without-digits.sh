#!/usr/bin/env bash
# structured-headers writes 19.9999 as "20.", which it refuses to read itself and http_sfv reads, and the decimal 5.0 as the integer 5.
# Packages: structured-headers 2.1.0 from npm; http_sfv 0.9.9 from PyPI
# Expected: a decimal of a structured field (RFC 9651) has one to three digits behind the point: 20.0. A parser refuses "20.", and 5.0 stays a decimal.
# Happens: structured-headers rounds to three digits, takes all zeros off and leaves the point there, for each value that is nearly whole. A decimal
#   that is whole comes back as an integer, in parameters too. http_sfv reads "20." as the decimal 20 and writes 20.0.
# Matters: once in some thousand answers a header with a measured time or a price is one that half of the clients refuse, or of another type.
# Output seen:
#> 19.999 | JavaScript writes 19.999 and reads 19.999 | Python reads it and writes 19.999
#> 19.9999 | JavaScript writes 20. and refuses it | Python reads it and writes 20.0
#> 0.0004 | JavaScript writes 0. and refuses it | Python reads it and writes 0.0
#> -0.0001 | JavaScript writes -0. and refuses it | Python reads it and writes 0.0
#> a;q=1.0, b;q=0.50 | JavaScript reads and writes a;q=1, b;q=0.5 | Python a;q=1.0, b;q=0.5
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check http_sfv==0.9.9
npm install --silent --no-audit --no-fund --prefix "$work" structured-headers@2.1.0 >/dev/null
cd "$work"
cat >program.mjs <<'PROGRAM'
import { parseItem, parseList, serializeItem, serializeList } from "structured-headers";

for (const value of [19.999, 19.9999, 0.0004, -0.0001]) {
  const written = serializeItem(value);
  let read;
  try {
    read = `reads ${parseItem(written)[0]}`;
  } catch {
    read = "refuses it";
  }
  console.log(JSON.stringify([`${value} | JavaScript writes ${written} and ${read}`, "item", written]));
}
const list = "a;q=1.0, b;q=0.50";
console.log(JSON.stringify([`${list} | JavaScript reads and writes ${serializeList(parseList(list))}`, "list", list]));
PROGRAM
cat >program.py <<'PROGRAM'
import json
import sys

import http_sfv

for line in sys.stdin:
    label, kind, text = json.loads(line)
    field = http_sfv.Item() if kind == "item" else http_sfv.List()
    try:
        field.parse(text.encode())
        told = f"reads it and writes {field}" if kind == "item" else str(field)
    except ValueError:
        told = "refuses it"
    print(f"{label} | Python {told}")
PROGRAM
node program.mjs | env/bin/python program.py >seen
if ! diff <(echo "$expected") seen; then
  echo "header-decimal-without-digits: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
