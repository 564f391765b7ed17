#!/usr/bin/env bash
# Signs a certificate of our own simulator and has it checked by implementations that others wrote: securesystemslib
# (DSSE, from PyPI) and openssl (Ed25519). Each must also refuse it once a byte of the payload is another one.
#
#     bash benchmarks/signature_is_valid.sh          with offerproof on the PATH
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
openssl genpkey -algorithm ed25519 -out key.pem
openssl pkey -in key.pem -pubout -out key.pub.pem
offerproof certify --level smoke --sign key.pem --out runs >/dev/null 2>&1
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check securesystemslib==1.3.1 cryptography 2>/dev/null
env/bin/python - runs/*/certificate.dsse.json key.pub.pem <<'PROGRAM'
import base64
import copy
import json
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

envelope = json.loads(Path(sys.argv[1]).read_text())
key = SSlibKey.from_crypto(load_pem_public_key(Path(sys.argv[2]).read_bytes()), envelope["signatures"][0]["keyid"])
changed = copy.deepcopy(envelope)
payload = base64.b64decode(envelope["payload"]).replace(b'"conforms"', b'"Conforms"')
changed["payload"] = base64.b64encode(payload).decode()


def by_securesystemslib(one):
    try:
        Envelope.from_dict(copy.deepcopy(one)).verify([key], 1)
    except Exception as problem:
        return f"refused ({type(problem).__name__})"
    return "valid"


def by_openssl(one):
    body, kind = base64.b64decode(one["payload"]), one["payloadType"].encode()
    Path("data").write_bytes(b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body))
    Path("sig").write_bytes(base64.b64decode(one["signatures"][0]["sig"]))
    line = "openssl pkeyutl -verify -pubin -inkey key.pub.pem -rawin -in data -sigfile sig".split()
    return "valid" if subprocess.run(line, capture_output=True).returncode == 0 else "refused"


told = [(check.__name__, check(envelope), check(changed)) for check in (by_securesystemslib, by_openssl)]
for name, right, wrong in told:
    print(f"{name.removeprefix('by_')}: as signed {right}, changed {wrong}")
sys.exit(any(right != "valid" or wrong == "valid" for _, right, wrong in told))
PROGRAM
