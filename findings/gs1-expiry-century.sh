#!/usr/bin/env bash
# python-stdnum reads the expiry year 70 of a GS1 barcode as 1970, where GS1's rule and two other readers say 2070.
# Packages: python-stdnum 2.2 and biip 5.2.0 from PyPI, gs1-barcode-parser-mod 1.2.1 from npm
# Expected: AI 17 (expiry) with 700101 is 2070-01-01 everywhere: GS1 picks the century that brings the year within some 50 years of now.
# Happens: python-stdnum uses the POSIX pivot of strptime's %y (69 to 99 are 19xx). What it wrote from the date 2070-01-01 it reads
#   back as 1970-01-01. biip and the npm package give 2070.
# Matters: a coupon or offer made never to expire (a far year) is expired for one till and valid for the next.
# Output seen:
#> written by python-stdnum: 17700101
#> python-stdnum: 1970-01-01
#> biip: 2070-01-01
#> gs1-barcode-parser-mod: 2070-01-01
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check python-stdnum==2.2 biip==5.2.0
npm install --silent --no-audit --no-fund --prefix "$work" gs1-barcode-parser-mod@1.2.1 >/dev/null
{
  "$work/env/bin/python" - <<'PROGRAM'
import datetime

from biip.gs1_messages import GS1Message
from stdnum import gs1_128

written = gs1_128.encode({"17": datetime.date(2070, 1, 1)})
print("written by python-stdnum:", written)
print("python-stdnum:", gs1_128.info(written)["17"])
print("biip:", GS1Message.parse(written).element_strings[0].date)
PROGRAM
  cd "$work"
  node -e 'const item = require("gs1-barcode-parser-mod").parseBarcode("17700101").parsedCodeItems[0];
    console.log("gs1-barcode-parser-mod:", item.isoDate)'
} >"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "gs1-expiry-century: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
