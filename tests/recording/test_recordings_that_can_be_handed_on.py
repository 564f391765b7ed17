"""An anonymised recording names nobody and holds no secret, looks the same, and is judged the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks.recorded_walk import RecordedSimulator, har, long_walk
from offerproof.audit import AuditOptions, audit
from offerproof.errors import Misuse
from offerproof.findings import Run
from offerproof.recording.anonymiser import Anonymiser


def judged(path: Path, out: Path, **options: object) -> Run:
    return audit(AuditOptions(files=(str(path),), out=out, **options)).run  # type: ignore[arg-type]


@pytest.mark.parametrize("creator", ["mitmproxy", "chrome-har"])
@pytest.mark.parametrize("defect", [None, "redeemed-offer-locks", "reference-is-an-account"])
def test_it_is_judged_the_same_and_names_nobody(creator, defect, tmp_path):
    simulator = RecordedSimulator(0, defect)
    long_walk(simulator)
    original, anonymised = tmp_path / "a.har", tmp_path / "b.har"
    original.write_bytes(har(simulator.entries, creator))
    before = judged(original, tmp_path / "runs", anonymise=anonymised)
    after = judged(anonymised, tmp_path / "runs")
    assert {one.identity for one in before.failures} == {one.identity for one in after.failures}
    assert {name: one.verdict for name, one in before.standings.items()} == {
        name: one.verdict for name, one in after.standings.items()
    }
    text = anonymised.read_text()
    entry = json.loads(simulator.entries[0]["response"]["content"]["text"])["user"]
    key = simulator.app.auth.keys
    for secret in (
        entry["id"],
        entry["external_id"],
        entry["email"],
        '"First"',
        '"Last"',
        key.api_key,
        key.core.secret,
    ):
        assert secret not in text
    assert "Basic masked" in text
    assert len(json.loads(text)["log"]["entries"]) == len(simulator.entries)


def test_a_phone_number_is_replaced_however_it_is_punctuated():
    anonymiser = Anonymiser()
    anonymiser.learn({"mobile_number": "5089959991"})
    told = anonymiser.text("508-995-9991, (508) 995-9991 and 5089959991")
    found = re.fullmatch(r"(\d{3})-(\d{3})-(\d{4}), \((\d{3})\) (\d{3})-(\d{4}) and (\d{10})", told)
    assert found is not None, told
    numbers = {"".join(found.groups()[:3]), "".join(found.groups()[3:6]), found[7]}
    assert len(numbers) == 1
    assert "5089959991" not in numbers


def test_nothing_is_overwritten_and_one_recording_is_written_at_a_time(tmp_path):
    simulator = RecordedSimulator()
    simulator.customer()
    for name in ("a.har", "b.har"):
        (tmp_path / name).write_bytes(har(simulator.entries))
    with pytest.raises(Misuse, match="cannot write"):
        judged(tmp_path / "a.har", tmp_path / "runs", anonymise=tmp_path / "b.har")
    with pytest.raises(Misuse, match="one recording"):
        judged(tmp_path, tmp_path / "runs", anonymise=tmp_path / "c.har")


def test_the_same_value_becomes_the_same_other_value_everywhere():
    anonymiser = Anonymiser()
    body = {
        "user": {"first_name": "Zoë", "email": "Zoe.K@shop.example", "mobile_number": "+1 555 0100", "points": 12.5}
    }
    anonymiser.learn(body)
    anonymiser.learn({"external_id": "member-42"})
    other = anonymiser.document(body)["user"]
    assert anonymiser.text("mail to zoe.k@shop.example, member-42") == (
        f"mail to {other['email'].lower()}, {anonymiser.other('member-42')}"
    )
    assert anonymiser.url("http://127.0.0.1/priv/v1/apps/secret/users/search?email=zoe.k%40shop.example").endswith(
        f"?email={other['email'].lower()}"
    )
    assert other["points"] == 12.5
    assert [sign.isdigit() for sign in other["mobile_number"]] == [sign.isdigit() for sign in "+1 555 0100"]
    guid = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    made = anonymiser.text(f"/users/{guid}")
    assert guid not in made
    assert anonymiser.text(guid.upper()) == made.removeprefix("/users/").upper()
