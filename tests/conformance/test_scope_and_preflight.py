"""What a target does not declare leaves the scope; what keeps us from judging is said in one line."""

from __future__ import annotations

import socket
import socketserver
import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from offerproof.conformance import Options, certify
from offerproof.conformance.runner import Waivers
from offerproof.contract import Level
from offerproof.errors import Misuse
from offerproof.findings import Verdict, Waiver
from offerproof.target import CustomerSource, Limits, OfferSource, Profile, TargetService

TWO = """
@clause("LOCK-1")
def test_it(api, expect):
    expect.refusal(api.lookup(user_id="u"))
@clause("LOCK-2"{more})
def test_then(api, expect):
    expect.refusal(api.lookup(user_id="u"))
"""
PAIR = ("LOCK-1", "LOCK-2")


def test_a_capability_not_declared_takes_the_clause_out_and_is_in_the_scope(bench, target):
    run = bench.run(TWO.replace("{more}", ""), ids=PAIR, more='needs = ["clock"]\n').run
    assert run.standings["LOCK-2"].verdict is Verdict.SKIP
    assert run.outcome.scope == ("no clock (1 clause)",)
    assert int(run.outcome.exit_code) == 0
    assert len(target.asked) == 4  # three of the preflight, one of the check


def test_a_checks_own_needs_count_as_well(bench):
    run = bench.run(TWO.replace("{more}", ', needs=["clock"]'), ids=PAIR).run
    assert run.outcome.scope == ("no clock (1 clause)",)


def test_a_clause_of_a_higher_level_is_not_exercised_below_it(bench):
    checks = TWO.replace("{more}", "")
    assert bench.run(checks, ids=PAIR, more='level = "full"\n').run.standings["LOCK-2"].verdict is Verdict.SKIP
    assert bench.run(checks, ids=PAIR, more='level = "full"\n', level=Level.FULL).run.counts["pass"] == 2


def test_a_required_clause_without_a_check_is_unknown(bench):
    run = bench.run(TWO.split("@clause")[1].join(["@clause", ""]), ids=PAIR).run
    assert run.standings["LOCK-2"].verdict is Verdict.UNKNOWN
    assert int(run.outcome.exit_code) == 3


def test_a_clause_that_says_why_it_has_no_check_is_skipped(bench):
    run = bench.run(TWO.split("@clause")[1].join(["@clause", ""]), ids=PAIR, more='unchecked = "cannot be seen"\n').run
    assert run.standings["LOCK-2"].reason == "no check: cannot be seen"
    assert int(run.outcome.exit_code) == 0


def test_only_what_is_asked_for_runs_and_the_rest_is_out_of_scope(bench, target):
    run = bench.run(TWO.replace("{more}", ""), ids=PAIR, only=("lock-2",)).run
    assert [name for name, standing in run.standings.items() if standing.verdict is Verdict.PASS] == ["LOCK-2"]
    assert run.outcome.scope == ("not selected (1 clause)",)


def test_asking_for_shapes_alone_runs_the_checks_that_make_the_calls(bench):
    shapes = 'operations = ["lookup"]\n[[clauses]]\nid = "LOCK-3"\nsentence = "s"\nsource = "s"\nsection = "s"\n'
    shapes += 'strength = "must"\nshapes = ["lookup"]\n'
    run = bench.run(TWO.replace("{more}", ""), ids=PAIR, more=shapes, only=("LOCK-3",)).run
    assert run.standings["LOCK-3"].findings[0].summary == "1 answers of lookup fit their schema"
    assert run.standings["LOCK-2"].verdict is Verdict.SKIP


def test_asking_for_shapes_runs_no_check_of_what_the_target_does_not_declare(bench, target):
    declared = 'operations = ["lookup"]\ndeclares = { "lookup.answer" = ["*"] }\n'
    shapes = '[[clauses]]\nid = "LOCK-3"\nsentence = "s"\nsource = "s"\nsection = "s"\nstrength = "must"\n'
    run = bench.run(
        TWO.replace("{more}", ""), ids=PAIR, more=declared + shapes + 'shapes = ["lookup"]\n', only=("LOCK-3",)
    ).run
    assert run.standings["LOCK-2"].verdict is Verdict.SKIP
    assert len(target.asked) == 3  # of the preflight


@pytest.mark.parametrize(("only", "says"), [("LOK-1", "near: LOCK-1"), ("NOTHING", "lists them all")])
def test_an_unknown_clause_is_misuse_with_near_ones(bench, only, says):
    with pytest.raises(Misuse) as caught:
        bench.run(TWO.replace("{more}", ""), ids=PAIR, only=(only,))
    assert says in str(caught.value.hint)


def test_what_has_nothing_to_run_leaves_no_run_behind(bench):
    with pytest.raises(Misuse, match="nothing to run: LOCK-2") as caught:
        bench.run(TWO.replace("{more}", ""), ids=PAIR, more='level = "full"\n', only=("LOCK-2",))
    assert "higher --level" in str(caught.value.hint)
    assert list((bench.folder / "runs").iterdir()) == []


def test_a_waiver_for_no_clause_is_misuse(bench):
    waiver = Waiver(clause="LOCK-9", reason="r", owner="o", expires="2099-01-01")
    with pytest.raises(Misuse, match="there is no clause 'LOCK-9'"):
        bench.run(TWO.replace("{more}", ""), ids=PAIR, waivers=Waivers((waiver,)))


def test_a_read_only_target_skips_what_writes(bench, make_profile, target):
    checks = '@clause("LOCK-1")\ndef test_it(api, expect):\n    expect.success(api.lock("c", {}))\n'
    run = bench.run(checks, make_profile(allow_writes=False)).run
    assert run.outcome.scope == ("no writes (1 clause)",)
    assert all(
        path.endswith(("search", "fetch_offer", "Lookup"))
        for _, path, _ in [(method, path.partition("?")[0], body) for method, path, body in target.asked]
    )


def test_production_gets_four_reads_only(bench, make_profile, target):
    checks = TWO.replace("{more}", "") + (
        '@clause("LOCK-3")\ndef test_last(api, expect):\n    expect.success(api.get_user_offers("u"))\n'
    )
    run = bench.run(checks, make_profile("production"), ids=(*PAIR, "LOCK-3")).run
    assert run.standings["LOCK-1"].verdict is Verdict.PASS
    assert run.outcome.scope == ("production: reads only (1 clause)",)
    assert {path.partition("?")[0].rpartition("/")[2] for _, path, _ in target.asked} == {
        *("search", "fetch_offer", "Lookup"),
    }


@pytest.mark.parametrize(("shaped", "judged"), [('shapes = ["lookup", "lock"]\n', True), ("", False)])
def test_production_judges_the_form_of_those_answers_it_may_ask_for(bench, make_profile, shaped, judged):
    more = f'operations = ["lookup", "lock"]\n{shaped}'
    run = bench.run(TWO.replace("{more}", ""), make_profile("production"), ids=PAIR, more=more).run
    assert (run.standings["LOCK-2"].verdict is not Verdict.SKIP) is judged


def sent_by_kind(target: Any, profile: Profile, tmp_path: Path) -> Counter[tuple[str, str]]:
    """How often a gate run of our suite sent each call, and with whose credentials."""
    pool = tmp_path / "customers.jsonl"
    pool.write_text("".join(f'{{"user_id": "u-{n}", "email": "pool-{n}@example.com"}}\n' for n in range(200)))
    profile = replace(profile, customers=CustomerSource("pool", pool))
    certify(Options(profile=profile, out=tmp_path / "runs"))
    own = {
        "Basic " + b64encode(f"{name}-test-key:{name}-test-secret".encode()).decode(): name for name in profile.services
    }
    kinds = zip(target.asked, target.authorized, strict=True)
    return Counter(
        (path.partition("?")[0].rpartition("/")[2], own.get(pair or "", "wrong or none"))
        for (_, path, _), pair in kinds
    )


def test_a_production_target_sees_four_reads_and_no_credentials_but_the_right_ones(target, make_profile, tmp_path):
    kinds = sent_by_kind(target, make_profile("production", allow_writes=False), tmp_path)
    assert set(kinds) == {
        ("search", "core"),
        ("fetch_offer", "offers"),
        ("user_offer_history", "offers"),
        ("Lookup", "cloudpos"),
    }


def test_a_production_target_sees_failed_log_ins_only_when_the_profile_opts_in(target, make_profile, tmp_path):
    opted_in = make_profile("production", allow_writes=False, limits=Limits(wrong_credentials=True))
    kinds = sent_by_kind(target, opted_in, tmp_path)
    assert {call for call, whose in kinds if whose == "wrong or none"} == {
        "search",
        "fetch_offer",
        "user_offer_history",
        "Lookup",
    }


def test_clauses_on_credentials_are_skipped_where_wrong_ones_are_not_tried(bench, make_profile, target):
    checks = """
        @clause("LOCK-1", needs=["wrong_credentials"])
        def test_it(api, expect):
            expect.refusal(api.send("lookup", api.example("lookup"), credentials="none"), status=401)
        @clause("LOCK-2")
        def test_then(api, expect):
            expect.refusal(api.send("lookup", api.example("lookup"), credentials="wrong"), status=401)
    """
    run = bench.run(checks, make_profile(limits=Limits(wrong_credentials=False)), ids=PAIR).run
    assert [standing.verdict for standing in run.standings.values()] == [Verdict.SKIP, Verdict.SKIP]
    assert run.outcome.scope == ("no wrong_credentials (2 clauses)",)
    assert int(run.outcome.exit_code) == 0
    assert len(target.asked) == 3


def test_refused_credentials_judge_nothing(bench, target):
    target.answers["/fetch_offer"] = 401, {"status": "error", "payload": None, "errors": {"code": "invalid_auth_token"}}
    run = bench.run(TWO.replace("{more}", ""), ids=PAIR).run
    assert int(run.outcome.exit_code) == 3
    assert run.interrupted is not None
    assert run.interrupted.reason == (
        "offers refuses our credentials: HTTP 401 (the profile uses OFFERS_KEY and OFFERS_SECRET)"
    )
    assert len(target.asked) == 3


def test_an_unknown_path_is_a_matter_of_spelling(bench, target):
    target.answers["/Lookup"] = 404, b"<html>not here</html>"
    run = bench.run(TWO.replace("{more}", ""), ids=PAIR).run
    assert run.interrupted is not None
    assert run.interrupted.reason.startswith(
        "cloudpos does not know POST /api/2.0/Lookup: HTTP 404, no Content-Type, a page, not JSON: "
        "<html>not here</html> (spell the call as the target does: [paths] lookup ="
    )


def told_instead_of_judging(bench: Any, profile: Profile | None = None) -> str:
    """What the preflight says; the run is not judged."""
    run = bench.run(TWO.replace("{more}", ""), profile, ids=PAIR).run
    assert int(run.outcome.exit_code) == 3
    assert run.interrupted is not None
    return str(run.interrupted.reason)


def test_a_page_in_place_of_each_error_is_judged_and_not_called_a_wrong_path(bench, target):
    target.answers["/fetch_offer"] = lambda body: (404 if body.get("offer_id") else 400, b"<!DOCTYPE html>sorry")
    assert bench.run(TWO.replace("{more}", ""), ids=PAIR).run.interrupted is None


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"<!DOCTYPE html><p>not here", "a page, not JSON: <!DOCTYPE html><p>not here"),
        (b'\xef\xbb\xbf{"status": "error"}', 'UTF-8 behind a byte order mark, not plain JSON: {"status":"error"}'),
        ('{"status": "error"}'.encode("utf-16"), 'UTF-16, not JSON in UTF-8: {"status":"error"}'),
        ('{"email": "x@example.org"}'.encode("utf-16"), 'UTF-16, not JSON in UTF-8: {"email":"{email-2}"}'),
        (b"", "an empty body"),
    ],
)
def test_a_body_that_is_no_json_is_described_as_what_it_is(bench, target, body, form):
    target.answers["/Lookup"] = lambda asked: (404 if asked else 400, body)
    run = bench.run(TWO.replace("{more}", ""), ids=PAIR).run
    assert run.interrupted is None
    assert run.standings["LOCK-1"].findings[0].observed == f"HTTP 404, no Content-Type, {form}"


@pytest.mark.parametrize(
    ("errors", "wrong"),
    [
        ({"code": "unknown_retailer", "message": "there is no retailer with this retailer_id"}, True),
        ({"code": "forbidden", "message": "Retailer 'r-1' does not exist."}, True),
        ({"code": "not_found", "message": "no offer for retailer r-1 was found"}, False),
    ],
)
def test_a_wrong_retailer_id_is_named_and_an_unknown_offer_is_none(bench, target, errors, wrong):
    refusal = 404, {"status": "error", "payload": None, "errors": errors}
    target.answers = {"/fetch_offer": refusal, "/user_offer_history": refusal}
    if wrong:
        assert told_instead_of_judging(bench).startswith("offers does not know our retailer: HTTP 404: ")
        assert told_instead_of_judging(bench).endswith("(is ids.retailer right?)")
    else:
        assert bench.run(TWO.replace("{more}", ""), ids=PAIR).run.interrupted is None


def test_who_takes_our_retailer_in_another_call_is_judged(bench, target):
    target.answers["/fetch_offer"] = 404, {"status": "error", "payload": None, "errors": {"code": "unknown_retailer"}}
    target.answers["/user_offer_history"] = 200, {"status": "ok", "payload": {"total_records": 0, "results": []}}
    assert bench.run(TWO.replace("{more}", ""), ids=PAIR).run.interrupted is None


@pytest.mark.parametrize("noun", ["store", "client"])
def test_a_wrong_store_or_client_is_named(bench, target, noun):
    target.answers["/Lookup"] = 400, {"status": "error", "payload": None, "errors": {"code": f"invalid_{noun}_id"}}
    assert f"cloudpos does not know our {noun}: HTTP 400" in told_instead_of_judging(bench)
    assert told_instead_of_judging(bench).endswith(f"(is ids.{noun} right?)")


def test_services_whose_pairs_are_swapped_are_named(bench, target, make_profile):
    services = make_profile().services
    swapped = {
        "core": services["core"],
        "offers": replace(services["offers"], key=services["cloudpos"].key, secret=services["cloudpos"].secret),
        "cloudpos": replace(services["cloudpos"], key=services["offers"].key, secret=services["offers"].secret),
    }
    target.pairs = {"/fetch_offer": "offers", "/Lookup": "cloudpos"}
    assert told_instead_of_judging(bench, make_profile(services=swapped)) == (
        "services are swapped: offers takes the pair of cloudpos, cloudpos takes the pair of offers, and none its own "
        "(swap key and secret, or base_url, of services.offers and services.cloudpos)"
    )
    careful = make_profile(services=swapped, limits=Limits(wrong_credentials=False))
    asked = len(target.asked)
    assert "offers and cloudpos refuse us: are their keys, or base_urls, swapped?" in told_instead_of_judging(
        bench, careful
    )
    assert len(target.asked) == asked + 3


@pytest.mark.parametrize(
    ("table", "rows", "told"),
    [
        ("customers", "\n", "unit: customers.file: the pool pool.jsonl holds no customer"),
        (
            "customers",
            '{"user_id": "U-1"}\n',
            "unit: customers.file: each customer of the pool pool.jsonl (1) was used by an earlier run",
        ),
        ("offers", "", "unit: offers.file: the pool pool.jsonl holds no user offer"),
    ],
)
def test_an_empty_pool_is_misuse_and_nothing_is_sent(bench, target, make_profile, tmp_path, table, rows, told):
    pool = tmp_path / "pool.jsonl"
    pool.write_text(rows)
    sources = {"customers": CustomerSource("pool", pool), "offers": OfferSource("pool", pool)}
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "used-customers-unit.jsonl").write_text('{"id": "u-1", "run": "r"}\n')
    checks = TWO.replace("{more}", ', customers=1, offers=["any"]')
    with pytest.raises(Misuse) as caught:
        bench.run(checks, make_profile(**{table: sources[table]}), ids=PAIR)
    assert str(caught.value) == told
    assert target.asked == []
    bench.run(TWO.replace("{more}", ""), make_profile(**{table: sources[table]}), ids=PAIR)  # which needs none


def test_an_unreachable_target_judges_nothing(bench, make_profile):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    profile = make_profile()
    away = TargetService("core", f"http://127.0.0.1:{port}", None, None, profile.services["core"].api_key)
    run = bench.run(TWO.replace("{more}", ""), make_profile(services={**profile.services, "core": away}), ids=PAIR).run
    assert int(run.outcome.exit_code) == 3
    assert run.interrupted is not None
    assert run.interrupted.reason.startswith("core at 127.0.0.1 cannot be reached")


def test_a_broken_answer_is_judged_and_not_kept_from_judging(bench, target):
    target.answers["/Lookup"] = 500, b"oops"
    run = bench.run(TWO.replace("{more}", ""), ids=PAIR).run
    assert run.interrupted is None
    assert int(run.outcome.exit_code) == 1


def test_who_answers_401_to_strangers_and_hangs_up_on_us_is_judged(bench, target):
    target.hangs_up = ("/Lookup",)
    run = bench.run(TWO.replace("{more}", ""), ids=PAIR).run
    assert run.interrupted is None
    assert int(run.outcome.exit_code) == 1
    assert run.standings["LOCK-1"].findings[0].observed == "none: closed"


def test_who_hangs_up_on_everybody_may_be_at_a_wrong_address(bench, target, make_profile):
    with closing_each_connection() as port:
        services = make_profile().services
        away = replace(services["cloudpos"], base_url=f"http://127.0.0.1:{port}")
        run = bench.run(TWO.replace("{more}", ""), make_profile(services={**services, "cloudpos": away}), ids=PAIR).run
    assert int(run.outcome.exit_code) == 3
    assert run.interrupted is not None
    assert run.interrupted.reason.startswith("cloudpos at 127.0.0.1 closes the connection without an answer")


@contextmanager
def closing_each_connection() -> Iterator[int]:
    """A port that takes a request and closes."""

    class Closes(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Closes) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(5)


def test_a_run_cannot_be_kept_where_nothing_can_be_written(bench, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Misuse, match="cannot create"):
        certify(Options(profile=bench.make_profile(), out=tmp_path / "file"))
