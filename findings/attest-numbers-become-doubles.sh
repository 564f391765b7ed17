#!/usr/bin/env bash
# An in-toto statement changes its numbers when it goes through in-toto-attestation: 248 becomes 248.0, 2^53 + 1 loses one.
# Packages: in-toto-attestation 0.9.3, protobuf 7.36.2 from PyPI
# Expected: reading a statement and writing it gives the same JSON values; a missing or empty predicate and unknown members are legal.
# Happens: the predicate is a protobuf Struct, which has doubles only. An empty predicate does not validate, a member beside the four
#   known ones ends in ParseError. Digests are not looked at: sha256 "zz" validates.
# Matters: counts and ids in a certificate come out as other text, so a digest or signature over the rewritten statement does not match;
#   a statement from a newer writer cannot be read.
# Output seen:
#> predicate after reading and writing: {"checks": 248.0, "offer": 9007199254740992.0}
#> unknown member: ParseError Message type "in_toto_attestation.v1.Statement" has no field named "note"
#> empty predicate -> Predicate object required
#> digest zz -> valid
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check in-toto-attestation==0.9.3 protobuf==7.36.2
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import json

from google.protobuf.json_format import MessageToDict, Parse, ParseError
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as Message

subject = {"name": "run.jsonl", "digest": {"sha256": "a" * 64}}
written = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [subject],
    "predicateType": "https://example.com/certificate/v1",
    "predicate": {"checks": 248, "offer": 9007199254740993},
}
print("predicate after reading and writing:", json.dumps(MessageToDict(Parse(json.dumps(written), Message()))["predicate"], sort_keys=True))
try:
    Parse(json.dumps({**written, "note": "newer"}), Message())
except ParseError as error:
    print("unknown member: ParseError", str(error).split(" at ")[0].split("\n")[0])
for name, digest, predicate in (("empty predicate", "a" * 64, {}), ("digest zz", "zz", {"checks": 1})):
    descriptor = ResourceDescriptor(name="run.jsonl", digest={"sha256": digest}).pb
    try:
        Statement([descriptor], written["predicateType"], predicate).validate()
        print(name, "-> valid")
    except ValueError as error:
        print(name, "->", error)
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "attest-numbers-become-doubles: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
