"""A certificate that is signed, and every way in which it may be wrong: none of them passes.

``benchmarks/signature_is_valid.sh`` has the envelope checked by securesystemslib and openssl.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from offerproof.cli import main
from offerproof.errors import CannotJudge
from offerproof.findings import Run, RunWriter
from offerproof.report import attestation

PEM = serialization.Encoding.PEM
PLAIN = serialization.NoEncryption()
PKCS8, SPKI = serialization.PrivateFormat.PKCS8, serialization.PublicFormat.SubjectPublicKeyInfo


def keys(folder: Path, name: str, seed: int) -> ed25519.Ed25519PrivateKey:
    """A pair that follows from a number, in files."""
    private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    (folder / f"{name}.pem").write_bytes(private.private_bytes(PEM, PKCS8, PLAIN))
    (folder / f"{name}.pub.pem").write_bytes(private.public_key().public_bytes(PEM, SPKI))
    return private


class Signed:
    """A run's folder with its certificate, and what ``verify`` says of it."""

    def __init__(self, folder: Path, run: Run) -> None:
        self.folder = folder
        self.file = folder / "run" / attestation.FILE
        (folder / "run").mkdir()
        with RunWriter(folder / "run" / "run.jsonl", run.header) as writer:
            writer.plan(run.plan)
            for finding in run.findings:
                writer.add(finding)
            self.run = writer.finish(requests=1)
        self.key = keys(folder, "key", 1)
        file = folder / "run" / "run.jsonl"
        self.envelope = attestation.sign(self.run, file, self.key, build="release 12", days=90)
        self.write(self.envelope)

    def write(self, envelope: object) -> None:
        self.file.write_text(json.dumps(envelope), encoding="utf-8")

    def rewrite(self, change: Any, kind: str = attestation.PAYLOAD) -> None:
        """Sign another payload with the same key."""
        document = json.loads(base64.b64decode(self.envelope["payload"]))
        change(document)
        payload = json.dumps(document).encode()
        signature = base64.b64encode(
            self.key.sign(b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload))
        )
        self.write(
            {
                "payload": base64.b64encode(payload).decode(),
                "payloadType": kind,
                "signatures": [{"keyid": "", "sig": signature.decode()}],
            }
        )

    def verify(self, *options: str, key: str = "key") -> int:
        return main(["verify", str(self.file), "--key", str(self.folder / f"{key}.pub.pem"), *options])


@pytest.fixture
def signed(tmp_path: Path, conforming: Run) -> Signed:
    return Signed(tmp_path, conforming)


def test_a_right_certificate_of_a_target_that_conforms_exits_with_0(signed: Signed, capsys: Any) -> None:
    assert signed.verify() == 0
    shown = capsys.readouterr().out
    assert "build  release 12\n" in shown
    assert shown.endswith("signed by this key, and what its run says: conforms\n")


def test_a_target_that_does_not_conform_is_no_success_however_well_signed(tmp_path: Path, failing: Run) -> None:
    assert Signed(tmp_path, failing).verify() == 1


def test_a_run_that_judged_nothing_is_neither(tmp_path: Path, making: Any) -> None:
    assert Signed(tmp_path, making.run([making.clause("LOCK-1")], [])).verify() == 3


def test_another_key_has_not_signed_it(signed: Signed, capsys: Any) -> None:
    keys(signed.folder, "other", 2)
    assert signed.verify(key="other") == 1
    assert "is not signed by the key in " in capsys.readouterr().err


@pytest.mark.parametrize("member", ["payload", "payloadType", "sig"])
def test_one_sign_of_the_envelope_that_is_another_one_is_enough(signed: Signed, member: str) -> None:
    envelope = json.loads(json.dumps(signed.envelope))
    place = envelope["signatures"][0] if member == "sig" else envelope
    place[member] = {"payload": place.get("payload", "")[:-8] + "AAAAfQ==", "payloadType": "text/plain"}.get(
        member, base64.b64encode(bytes(64)).decode()
    )
    signed.write(envelope)
    assert signed.verify() == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d["predicate"].update(verdict="conforms so far"), "verdict is 'conforms' by the run file"),
        (lambda d: d["predicate"].update(level="full"), "level is 'gate' by the run file"),
        (lambda d: d["predicate"]["target"].update(name="production"), "target is "),
        (lambda d: d["subject"][0]["digest"].update(sha256="0" * 64), "the run file is another one, or was changed"),
    ],
)
def test_a_certificate_that_says_otherwise_than_its_run_is_wrong_though_signed(
    signed: Signed, capsys: Any, change: Any, says: str
) -> None:
    signed.rewrite(change)
    assert signed.verify() == 1
    assert says in capsys.readouterr().err


def test_a_run_file_that_was_changed_after_signing_is_found(signed: Signed, capsys: Any) -> None:
    file = signed.folder / "run" / "run.jsonl"
    file.write_bytes(file.read_bytes().replace(b"was looked at", b"was looked up"))
    assert signed.verify() == 1
    assert capsys.readouterr().err


def test_a_run_file_elsewhere_is_named_and_a_missing_one_is_told(signed: Signed, capsys: Any) -> None:
    (signed.folder / "run" / "run.jsonl").rename(signed.folder / "moved.jsonl")
    assert signed.verify() == 3
    assert "--run RUN" in capsys.readouterr().err
    assert signed.verify("--run", str(signed.folder / "moved.jsonl")) == 0


@pytest.mark.parametrize("until", ["2018-09-08T00:00:00.000000Z", None])
def test_a_certificate_is_worth_something_within_its_validity_only(signed: Signed, until: str | None) -> None:
    instants = {"validUntil": until} if until else {"validFrom": "2999-01-01T00:00:00.000000Z"}
    signed.rewrite(lambda document: document["predicate"].update(instants))
    assert signed.verify() == 3


@pytest.mark.parametrize(
    ("envelope", "says"),
    [([], "no DSSE envelope"), ({"payload": "e30=", "payloadType": 7, "signatures": []}, "no DSSE envelope")],
)
def test_what_is_no_envelope_is_no_certificate(signed: Signed, capsys: Any, envelope: object, says: str) -> None:
    signed.write(envelope)
    assert signed.verify() == 3
    assert says in capsys.readouterr().err


def test_something_else_that_was_signed_is_no_certificate(signed: Signed) -> None:
    signed.rewrite(lambda document: document.update(predicateType="https://example.com/other"))
    assert signed.verify() == 3
    signed.rewrite(lambda document: None, kind="application/json")
    with pytest.raises(CannotJudge):
        attestation.opened(json.loads(signed.file.read_text("utf-8")), signed.key.public_key())


def test_keys_of_another_kind_or_form_are_refused_without_showing_them(tmp_path: Path, capsys: Any) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "ec.pem").write_bytes(other.private_bytes(PEM, PKCS8, PLAIN))
    (tmp_path / "text.pem").write_text("very-secret-words", encoding="utf-8")
    locked = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
    form = serialization.BestAvailableEncryption(b"words")
    (tmp_path / "locked.pem").write_bytes(locked.private_bytes(PEM, PKCS8, form))
    for name in ("ec", "text", "locked", "missing"):
        assert main(["certify", "--sign", str(tmp_path / f"{name}.pem")]) == 2
        told = capsys.readouterr().err
        assert f"{name}.pem" in told
        assert "secret" not in told
