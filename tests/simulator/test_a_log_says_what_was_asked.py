"""``simulate --log`` and the words for a path that is wrong."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from offerproof.cli import main
from offerproof.simulator.request_log import LogChoice, RequestLog

CORE = "/priv/v1/apps/test-api-key"
Logged = Callable[..., tuple[Any, Callable[[], list[str]]]]
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (\S+) (\d{3}) (\S+) (.+) (\d+\.\d) ms")


@pytest.fixture
def logged(make_app: Any, make_till: Any, tmp_path: Path) -> Iterator[Logged]:
    """A till whose requests are logged, and what the log says by now."""
    open_logs: list[RequestLog] = []

    def start(*, as_json: bool = False) -> tuple[Any, Callable[[], list[str]]]:
        path = tmp_path / "requests.log"
        app = make_app()
        open_logs.append(RequestLog(app, LogChoice(path, as_json)))
        till = make_till(app)
        till.app = open_logs[-1]
        return till, lambda: path.read_text("utf-8").splitlines()

    yield start
    for log in open_logs:
        log.close()


def _ask(till: Any) -> str:
    """Requests of all kinds; returns the id of the customer."""
    user = str(till.customer())
    offer = till.offer()
    code = till.issue(user, offer)
    till.call("POST", "/api/2.0/Lock", till.lock_body(code, "t-1", "first lock"))
    till.call("POST", "/api/2.0/lock", till.lock_body(code, "t-2", 'the "rival"\n'))
    till.call("GET", f"{CORE}/users/search?email=nobody%40example.com")
    till.call("POST", "/api/2.0/offers/get_user_offers", {"retailer_id": "x", "user_id": user})
    till.call("POST", "/api/2.0/nowhere", {})
    till.control("GET", "clock")
    till.control("GET", "clock", token="wrong")
    return user


def test_a_line_has_time_call_status_code_request_id_and_milliseconds(logged):
    till, lines = logged()
    _ask(till)
    found = [LINE.fullmatch(line) for line in lines()]
    assert [line and line.groups()[:4] for line in found] == [
        ("create_customer", "200", "-", "-"),
        ("create_offer", "200", "-", "-"),
        ("issue_offer", "200", "-", "-"),
        ("lock", "200", "-", '"first lock"'),
        ("lock", "409", "locked_by_another", '"the \\"rival\\"\\n"'),
        ("search_customers", "404", "user_not_found", "-"),
        ("get_user_offers", "404", "unknown_retailer", "-"),
        ("-", "404", "not_found", "-"),
        ("control.clock", "200", "-", "-"),
        ("control.clock", "401", "invalid_auth_token", "-"),
    ]


def test_json_lines_say_the_same(logged):
    till, lines = logged(as_json=True)
    _ask(till)
    found = [json.loads(line) for line in lines()]
    assert [set(line) for line in found] == [{"time", "call", "status", "code", "request_id", "ms"}] * 10
    assert (found[4]["call"], found[4]["status"], found[4]["code"]) == ("lock", 409, "locked_by_another")
    assert found[4]["request_id"] == 'the "rival"\n'
    assert found[0]["request_id"] is None
    assert all(0 <= line["ms"] < 10_000 for line in found)


@pytest.mark.parametrize("as_json", [False, True])
def test_no_line_has_a_secret_or_personal_data(logged, as_json):
    till, lines = logged(as_json=as_json)
    _ask(till)
    till.call("POST", "/api/2.0/unlock", till.container({}, "x test-secret y"))
    till.call("POST", "/api/2.0/test-secret", {})
    till.call("GET", "/priv/v1/apps/test-api-key/test-secret")
    text = "\n".join(lines())
    assert "***" in text
    for secret in ("test-secret", "test-api-key", "test-key", "test-token", "example.com", "First", "nobody"):
        assert secret not in text


def test_a_request_that_is_no_http_is_in_the_log_too(listening, logged):
    till, lines = logged()
    running = listening()
    running.server.refused = till.app.refused
    wire = running.wire()
    wire.send(b"hello\r\n\r\n")
    assert wire.answer()[0] == 400
    (line,) = lines()
    found = LINE.fullmatch(line)
    assert found is not None
    assert found.groups() == ("-", "400", "bad_request", "-", "0.0")


def test_the_command_writes_a_log_for_its_owner_alone(start_simulator, tmp_path):
    path = tmp_path / "requests.log"
    simulator = start_simulator("--log", str(path), "--log-format", "json")
    simulator.customer()
    assert json.loads(path.read_text("utf-8"))["call"] == "create_customer"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_dash_is_standard_error(start_simulator):
    simulator = start_simulator("--log", "-")
    simulator.customer()
    assert " create_customer 200 - - " in simulator.process.stderr.readline()


def test_a_log_that_cannot_be_written_is_misuse(capfd):
    assert main(["simulate", "--port", "0", "--log", "/nowhere/requests.log"]) == 2
    assert "cannot write the log /nowhere/requests.log" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/api/2.0/Lok", "POST /api/2.0/Lock"),
        ("/api/2.0/offers/fetch", "POST /api/2.0/offers/fetch_offer"),
        ("/api/2.0/offers/user_offers_history?take=1", "POST /api/2.0/offers/user_offer_history"),
        ("/api/2.0/offers/get_user_offer", "POST /api/2.0/offers/get_user_offers"),
        ("/api/v2/redeem", "POST /api/2.0/redeem"),
        ("/cloudpos/api/2.0/reinstat", "POST /api/2.0/reinstate"),
        ("https://test/api/2.0/send_transactions", "POST /api/2.0/send_transaction"),
        (f"{CORE}/user/search?email=x", "GET /priv/v1/apps/{api_key}/users/search"),
        (f"{CORE}/customers/search", "GET /priv/v1/apps/{api_key}/users/search"),
        (f"{CORE}/user", "POST /priv/v1/apps/{api_key}/users"),
        ("/priv/v1/app/test-api-key/users", "POST /priv/v1/apps/{api_key}/users"),
    ],
)
def test_a_wrong_path_names_the_nearest_right_one(till, path, near):
    status, answer = till.call("POST", path, {})
    assert status == 404
    assert f"the nearest is {near}" in json.dumps(answer)
    assert "test-api-key" not in json.dumps(answer)


@pytest.mark.parametrize("path", ["/", "/metrics", "/" + "a" * 10_000, "/\x80"])
def test_a_path_near_to_none_names_the_documents(till, path):
    status, answer = till.call("GET", path)
    assert status == 404
    assert answer["errors"]["message"] == "there is no such call; see the documented paths"
