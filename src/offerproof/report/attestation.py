"""A signed certificate: an in-toto statement on a run file, in a DSSE envelope, signed with Ed25519.

What is signed is the hash of the run file and what the run came to, so that the verdict can be computed again from the
file by whoever holds the public key. The envelope is that of the DSSE specification 1.0 (secure-systems-lab/dsse), the
statement that of in-toto 1.0; ``schemas/certificate.json`` is the schema of the whole payload.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from offerproof import content
from offerproof.contract import RUN_FILE
from offerproof.errors import CannotJudge, Misuse
from offerproof.files import read_whole
from offerproof.findings import Run

FILE: Final = "certificate.dsse.json"
"""The envelope's name in a run's folder."""
PAYLOAD: Final = "application/vnd.in-toto+json"
_MAKE: Final = "openssl genpkey -algorithm ed25519 -out key.pem; openssl pkey -in key.pem -pubout -out key.pub.pem"


class _Signature(msgspec.Struct):
    sig: str


class _Envelope(msgspec.Struct, rename="camel"):
    """What a reader needs of an envelope; it may hold more."""

    payload: str
    payload_type: str
    signatures: list[_Signature]


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key (PEM, PKCS #8, without a password).

    Raises:
        Misuse: it cannot be read, or is no Ed25519 key.
    """
    key = _read(path, lambda data: serialization.load_pem_private_key(data, password=None))
    if not isinstance(key, Ed25519PrivateKey):
        raise Misuse(f"{path} is no Ed25519 key", hint=_MAKE)
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Read a public key (PEM).

    Raises:
        Misuse: it cannot be read, or is no Ed25519 key.
    """
    key = _read(path, serialization.load_pem_public_key)
    if not isinstance(key, Ed25519PublicKey):
        raise Misuse(f"{path} is no Ed25519 key", hint=_MAKE)
    return key


def _read(path: Path, parse: Any) -> Any:
    text = read_whole(path, "the key")
    try:
        return parse(text)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # the library's words might show what is in the file
        raise Misuse(f"{path} holds no such key in PEM, or one with a password", hint=_MAKE) from None


def sign(run: Run, file: Path, key: Ed25519PrivateKey, *, build: str | None, days: int) -> dict[str, Any]:
    """The envelope of a finished run, whose run file it is about; worth something for so many days."""
    payload = json.dumps(_statement(run, file, build, days), sort_keys=True).encode()
    signature = {"keyid": key_id(key.public_key()), "sig": _text(key.sign(_signed(PAYLOAD, payload)))}
    return {"payload": _text(payload), "payloadType": PAYLOAD, "signatures": [signature]}


def key_id(key: Ed25519PublicKey) -> str:
    """A name for a key: SHA-256 of its DER form (SubjectPublicKeyInfo), a hint for readers who hold several."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(key.public_bytes(serialization.Encoding.DER, form)).hexdigest()


def opened(envelope: object, key: Ed25519PublicKey) -> dict[str, Any] | None:
    """The statement of an envelope that this key has signed; None when it has not.

    Raises:
        CannotJudge: it is no envelope, or what is signed is no certificate of ours.
    """
    try:
        held = msgspec.convert(envelope, _Envelope)
        payload = base64.b64decode(held.payload, validate=True)
        signatures = [base64.b64decode(one.sig, validate=True) for one in held.signatures]
    except ValueError:
        raise CannotJudge("it is no DSSE envelope", hint="offerproof certify --sign KEY writes one") from None
    kind = held.payload_type
    if not any(_fits(key, signature, _signed(kind, payload)) for signature in signatures):
        return None
    try:
        statement = json.loads(payload)
    except ValueError:
        statement = None
    schema = json.loads((content.folder("schemas") / "certificate.json").read_bytes())
    if kind != PAYLOAD or not jsonschema_rs.Draft202012Validator(schema).is_valid(statement):
        raise CannotJudge("what is signed is no certificate that this offerproof reads")
    return dict(statement)


def disagreements(statement: dict[str, Any], run: Run, file: Path) -> Iterator[str]:
    """What the certificate says otherwise than the run, each in a sentence; the verdict is computed anew."""
    validity = {"validFrom", "validUntil"}
    computed = _statement(run, file, statement["predicate"]["target"]["build"], 0)
    if computed["subject"] != statement["subject"]:
        yield "the run file is another one, or was changed"
        return
    for name, told in statement["predicate"].items():
        if name not in validity and computed["predicate"][name] != told:
            yield f"{name} is {computed['predicate'][name]!r} by the run file, and {told!r} in the certificate"


def _statement(run: Run, file: Path, build: str | None, days: int) -> dict[str, Any]:
    header, outcome = run.header, run.outcome
    finished = run.footer.finished if run.footer else header.started
    until = datetime.fromisoformat(finished) + timedelta(days=days)
    with file.open("rb") as content_of:
        digest = hashlib.file_digest(content_of, "sha256").hexdigest()
    target = {"name": header.target.name, "environment": header.target.environment}
    added = {"addedHash": run.plan.added.sha256} if run.plan.added else {}
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": RUN_FILE, "digest": {"sha256": digest}}],
        "predicateType": "https://offerproof.example/certificate/v1",
        "predicate": {
            "run": header.run_id,
            "kind": header.kind,
            "target": target | {"services": header.target.services, "build": build},
            "suite": {"version": header.suite_version, "contentHash": header.content_hash} | added,
            "level": header.level.value,
            "only": list(header.only),
            "scope": list(outcome.scope),
            "verdict": outcome.verdict.value,
            "exitCode": int(outcome.exit_code),
            "validFrom": finished,
            "validUntil": until.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        },
    }


def _signed(kind: str, payload: bytes) -> bytes:
    """What a signature is over (the specification's pre-authentication encoding): the type counts as well."""
    return b"DSSEv1 %d %b %d %b" % (len(kind.encode()), kind.encode(), len(payload), payload)


def _fits(key: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
