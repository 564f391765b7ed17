#!/usr/bin/env bash
# securesystemslib cannot check a DSSE envelope whose signature has no keyid, and empties the dictionary that it reads.
# Packages: securesystemslib 1.3.1, cryptography 50.0.2 from PyPI
# Expected: DSSE makes keyid an optional hint: without it, or with "", each given key is tried. from_dict() leaves its argument alone.
# Happens: an absent keyid is KeyError: 'keyid'; an empty one (as keyless signers write it) finds no key and fails. from_dict() takes sig
#   out of the caller's dictionary, so reading the same envelope a second time is KeyError: 'sig'.
# Matters: a certificate signed with another tool is refused as if it were forged; checking an envelope and then storing it stores half.
# Output seen:
#> as written -> signed by 1 key
#> keyid absent -> KeyError 'keyid'
#> keyid empty -> VerificationError Accepted signatures do not match threshold, Found: 0
#> read once -> signed by 1 key
#> read twice -> KeyError 'sig'
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check securesystemslib==1.3.1 cryptography==50.0.2
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import copy

from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner

signer = CryptoSigner.generate_ed25519()
envelope = Envelope(b'{"verdict": "pass"}', "application/json", {})
envelope.sign(signer)
signed = envelope.to_dict()


def check(name, data):
    try:
        print(name, "-> signed by", len(Envelope.from_dict(data).verify([signer.public_key], 1)), "key")
    except Exception as error:
        print(name, "->", type(error).__name__, str(error)[:52])


absent, empty = copy.deepcopy(signed), copy.deepcopy(signed)
del absent["signatures"][0]["keyid"]
empty["signatures"][0]["keyid"] = ""
check("as written", copy.deepcopy(signed))
check("keyid absent", absent)
check("keyid empty", empty)
twice = copy.deepcopy(signed)
check("read once", twice)
check("read twice", twice)
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "attest-keyid-required: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
