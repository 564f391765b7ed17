"""``offerproof init``: a profile that loads, from options, answers or a recording, and never over a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from benchmarks.recorded_walk import IDS, RecordedSimulator, har, short_walk
from offerproof.audit import AuditOptions, audit
from offerproof.audit.setting_up import Told, guessed
from offerproof.cli import init, main, offerproof
from offerproof.contract import OPERATIONS
from offerproof.recording import Body, Recorded
from offerproof.target import load_profile

EXAMPLE = Path(__file__).parents[2] / "examples" / "staging.toml"
ANSWERS = {
    "name": "staging-eu",
    "environment": "staging",
    "core": "https://core.staging.example.com",
    "offers": "https://offers.staging.example.com",
    "cloudpos": "https://pos.staging.example.com",
    "retailer": "11111111-2222-4333-8444-555555555555",
    "store": "21111111-2222-4333-8444-555555555555",
    "client": "31111111-2222-4333-8444-555555555555",
}
OPTIONS = [word for name, value in ANSWERS.items() for word in (f"--{name}", value)]


def test_the_example_is_what_init_writes(tmp_path):
    paths = {
        "lookup": "POST /api/2.0/offers/get_user_offers",
        "lock": "PATCH /api/2.0/offers/redemption/lock",
    }
    told = Told({}, paths, {}, frozenset(OPERATIONS), 1)
    init.write(tmp_path / "staging.toml", ANSWERS, told, allow_writes=True)
    assert (tmp_path / "staging.toml").read_text("utf-8") == EXAMPLE.read_text("utf-8")


def test_options_alone_make_a_profile_and_the_variables_to_set_are_named(tmp_path, capsys):
    path = tmp_path / "mine.toml"
    assert main(["init", str(path), *OPTIONS]) == 0
    profile = load_profile(path, {}, planning=True)
    assert (profile.name, profile.environment, profile.read_only) == ("staging-eu", "staging", True)
    assert profile.limits.hosts == ("core.staging.example.com", "offers.staging.example.com", "pos.staging.example.com")
    assert "  export STAGING_CORE_API_KEY=…\n" in capsys.readouterr().out
    assert main(["init", str(path), *OPTIONS]) == 2
    assert "mine.toml is there already" in capsys.readouterr().err


def test_one_address_is_that_of_all_services_where_no_other_is_given(tmp_path):
    line = [word for word in OPTIONS if word not in ("--offers", ANSWERS["offers"], "--cloudpos", ANSWERS["cloudpos"])]
    assert main(["init", str(tmp_path / "mine.toml"), *line]) == 0
    services = load_profile(tmp_path / "mine.toml", {}, planning=True).services
    assert {one.base_url for one in services.values()} == {ANSWERS["core"]}


def test_what_is_missing_is_named_where_nobody_can_be_asked(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["init", str(tmp_path / "mine.toml"), "--name", "mine"]) == 2
    assert "a profile needs --environment, --core, --offers, --cloudpos" in capsys.readouterr().err
    assert not (tmp_path / "mine.toml").exists()


def test_in_a_terminal_it_asks_for_the_rest_and_again_where_the_answer_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(init, "somebody_answers", lambda: True)
    typed = ["mine", "live", "staging", "https://one.example.com", "", "", "r", "s", "c", "y"]
    path = tmp_path / "mine.toml"
    told = CliRunner().invoke(offerproof, ["init", str(path)], input="\n".join(typed), standalone_mode=False)
    assert told.return_value == 0, told.output
    assert "'live' is not one of" in told.output
    profile = load_profile(path, {}, planning=True)
    assert {one.base_url for one in profile.services.values()} == {"https://one.example.com"}
    assert (profile.ids.retailer, profile.ids.store, profile.ids.client, profile.allow_writes) == ("r", "s", "c", True)


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--core", "ftp://core.example.com", "services.core.base_url"),
        ("--core", "https://me:pass@core.example.com", "credentials never stand in a profile"),
        ("--name", "", "a profile needs --name"),
    ],
)
def test_an_answer_that_cannot_stand_in_a_profile_leaves_no_file(tmp_path, capsys, monkeypatch, option, value, says):
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["init", str(tmp_path / "mine.toml"), *OPTIONS, option, value]) == 2
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_value_stays_the_value_whatever_signs_are_in_it(tmp_path):
    name = 'a "name" \\ with\ttab, ü and \x7f'
    init.write(tmp_path / "mine.toml", {**ANSWERS, "name": name})
    assert load_profile(tmp_path / "mine.toml", {}, planning=True).name == name


def recorded(tmp_path: Path, *, prefix: str = "") -> str:
    """A walk whose till calls go to another host, below a prefix, and lock by PATCH in the other spelling."""
    walk = RecordedSimulator()
    walk.search("nobody@example.com")
    walk.offers("fetch_offer", offer_id="1", culture="en")
    walk.till("Lookup", {"external_customer_id": "nobody"})
    walk.till("redeem", {"offer_lookup_code": "1", "offer_lookup_type": "userofferid", "transaction": {}})
    entries: list[dict[str, Any]] = walk.entries
    for entry in entries:
        request = entry["request"]
        request["url"] = request["url"].replace("http://127.0.0.1:8080", f"https://Api.Example.com{prefix}")
    entries[-1]["request"]["url"] = f"https://pos.example.com:8443{prefix}/api/2.0/offers/redemption/lock"
    entries[-1]["request"]["method"] = "PATCH"
    entries[-2]["request"]["url"] = f"https://pos.example.com:8443{prefix}/api/2.0/lookup"
    path = tmp_path / "walk.har"
    path.write_bytes(har(entries, "mitmproxy"))
    return str(path)


def test_a_recording_tells_hosts_prefixes_spellings_ids_and_calls(tmp_path):
    path = tmp_path / "mine.toml"
    line = ["--recording", recorded(tmp_path, prefix="/loyalty"), "--name", "mine", "--environment", "staging"]
    assert main(["init", str(path), *line]) == 0
    profile = load_profile(path, {}, planning=True)
    assert {name: one.base_url for name, one in profile.services.items()} == {
        "core": "https://Api.Example.com/loyalty",
        "offers": "https://Api.Example.com/loyalty",
        "cloudpos": "https://pos.example.com:8443/loyalty",
    }
    assert profile.request_line("lock") == ("PATCH", "/api/2.0/offers/redemption/lock")
    assert profile.request_line("lookup") == ("POST", "/api/2.0/lookup")
    assert (profile.ids.store, profile.ids.client) == (IDS.store, IDS.client)
    assert profile.limits.hosts == ("api.example.com", "pos.example.com")
    assert [name for name in ("issue", "redeem", "create_customer") if profile.capabilities[name]] == []
    text = path.read_text("utf-8")
    assert "nobody@example.com" not in text


def test_calls_that_are_spelled_like_no_document_are_told_by_what_they_ask(tmp_path, capsys):
    walk = RecordedSimulator()
    short_walk(walk)
    there = {
        "/api/2.0/Lookup": "/pos/v3/members",
        "/api/2.0/Lock": "/pos/v3/offer-lock",
        "/api/2.0/send_transaction": "/pos/v3/receipts",
        "/api/2.0/offers/management/create": "/catalogue/new",
        "/api/2.0/offers/acquisition/issue": "/wallet/give",
        "/api/2.0/offers/user_offer_history": "/wallet/past",
        "/users/search": "/members/find",
    }
    for entry in walk.entries:
        for documented, own in there.items():
            entry["request"]["url"] = entry["request"]["url"].replace(documented, own)
    har_file, path = tmp_path / "walk.har", tmp_path / "mine.toml"
    har_file.write_bytes(har(walk.entries))
    assert main(["init", str(path), "--recording", str(har_file), "--name", "mine", "--environment", "staging"]) == 0
    profile = load_profile(path, {}, planning=True)
    assert {name: one.base_url for name, one in profile.services.items()} == dict.fromkeys(
        ("core", "offers", "cloudpos"), "http://127.0.0.1:8080"
    )
    assert dict(profile.paths) == {
        "lookup": "/pos/v3/members",
        "lock": "/pos/v3/offer-lock",
        "send_transaction": "/pos/v3/receipts",
        "create_offer": "/catalogue/new",
        "issue_offer": "/wallet/give",
        "user_offer_history": "/wallet/past",
        "search_customers": "/priv/v1/apps/{api_key}/members/find",
    }
    assert profile.capabilities["issue"]
    said = capsys.readouterr().out
    assert "known by what was asked: create_offer, issue_offer, lock, lookup, search_" in said
    unseen = ("get_customer", "get_customer_by_external_id", "revoke_offer", "get_user_offers", "redeem", "reinstate")
    told = f"not in the recording, so not declared and not judged: {', '.join(unseen)}. Look at [capabilities]"
    assert told in said.replace(" unlock,", "")
    assert audit(AuditOptions(files=(str(har_file),), profile=profile, out=tmp_path)).run.failures == []


@pytest.mark.parametrize(
    ("path", "payload", "operation"),
    [
        ("/pos/redeem", {"offer_lookup_code": "1"}, "redeem"),
        ("/pos/use", {"offer_lookup_code": "1"}, None),  # lock and redeem ask alike
        ("/pos/unlocking", {"user_offer_id": "1"}, "unlock"),
        ("/pos/free", {"user_offer_id": "1"}, None),
        ("/pos/x", {"hello": "1"}, None),
    ],
)
def test_what_two_calls_ask_alike_is_told_by_the_last_word_or_not_at_all(path, payload, operation):
    body = json.dumps({"store_id": "s", "client_id": "c", "request_id": "r", "request_payload": payload})
    recorded = Recorded(
        place="exchange 1",
        method="POST",
        url=f"https://pos.example.com{path}",
        request_headers=(),
        request=Body(body.encode()),
        status=200,
        answer_headers=(),
        answer=Body(b"{}"),
        started=None,
        ended=None,
    )
    found = guessed(recorded)
    assert found == ((operation, path) if operation else None)
    assert guessed(msgspec.structs.replace(recorded, status=404)) is None


def test_a_recording_of_something_else_is_refused(tmp_path, capsys):
    walk = RecordedSimulator()
    walk.search("nobody@example.com")
    walk.entries[0]["request"]["url"] = "https://example.com/index.html"
    (tmp_path / "other.har").write_bytes(har(walk.entries, "mitmproxy"))
    assert main(["init", str(tmp_path / "mine.toml"), "--recording", str(tmp_path / "other.har")]) == 2
    assert "no call of the API in " in capsys.readouterr().err
