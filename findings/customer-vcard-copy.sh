#!/usr/bin/env bash
# A customer's vCard comes back with two names and the group "a,b" as two from pythonvCard4, and with another phone number from vobject.
# Packages: pythonvCard4 0.2.0, vobject 0.9.9, pillow 12.0.0 from PyPI
# Expected: what a vCard library reads and writes says the same; RFC 6350 has N at most once, dates without hyphens, and URIs as they are.
# Happens: pythonvCard4 keeps N and FN a second time and writes both, with the separators of the second N escaped, so that the whole name is
#   one surname; it takes an escaped comma for a separator, moves a phone number that is in a group out of the phone numbers, and writes
#   an empty type and 2000-01-31. vobject puts a backslash into the URI tel:…;ext=12, and drops the types of a vCard 2.1 (TEL;CELL;PREF:).
# Matters: a customer who is brought in and out once has a number that cannot be called or found, and two names.
# Output seen:
#> pythonvCard4 VERSION:4.0
#>   - BDAY:20000131
#>   - TEL;VALUE=uri;TYPE=cell:tel:+1-800-555-0100;ext=12
#>   - item1.TEL;TYPE=home:+1-800-555-0101
#>   - EMAIL:kim@shop.example
#>   - CATEGORIES:gold,a\,b
#>   + BDAY:2000-01-31
#>   + EMAIL;TYPE=:kim@shop.example
#>   + TEL;TYPE=cell:tel:+1-800-555-0100\;ext=12
#>   + CATEGORIES:gold,a,b
#>   + N:Muster\;Kim\;\;\;
#>   + ITEM1.TEL:+1-800-555-0101
#>   FN 2 N 2
#> vobject VERSION:4.0
#>   - TEL;VALUE=uri;TYPE=cell:tel:+1-800-555-0100;ext=12
#>   + TEL;TYPE=cell;VALUE=uri:tel:+1-800-555-0100\;ext=12
#>   FN 1 N 1
#> vobject VERSION:2.1
#>   - TEL;CELL;PREF:+1-800-555-0100
#>   + TEL:+1-800-555-0100
#>   FN 1 N 1
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check pythonvCard4==0.2.0 vobject==0.9.9 pillow==12.0.0
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import vobject
from pythonvCard4.vcard import Contact

CARD = (
    "VERSION:4.0",
    "FN:Kim Muster",
    "N:Muster;Kim;;;",
    "BDAY:20000131",
    "TEL;VALUE=uri;TYPE=cell:tel:+1-800-555-0100;ext=12",
    "item1.TEL;TYPE=home:+1-800-555-0101",
    "EMAIL:kim@shop.example",
    "CATEGORIES:gold,a\\,b",
)
OLD = ("VERSION:2.1", "N:Muster;Kim;;;", "FN:Kim Muster", "TEL;CELL;PREF:+1-800-555-0100")


def changes(name, card, write):
    back = write("\r\n".join(("BEGIN:VCARD", *card, "END:VCARD", ""))).split("\r\n")[1:-2]
    print(f"{name} {card[0]}")
    print("\n".join([f"  - {line}" for line in card if line not in back]))
    print("\n".join([f"  + {line}" for line in back if line not in card]))
    print("  FN", sum(line.startswith("FN:") for line in back), "N", sum(line.startswith("N:") for line in back))


changes("pythonvCard4", CARD, lambda text: Contact.from_vcard(text).to_vcard())
changes("vobject", CARD, lambda text: vobject.readOne(text).serialize())
changes("vobject", OLD, lambda text: vobject.readOne(text).serialize())
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "customer-vcard-copy: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
