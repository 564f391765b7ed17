"""The journal: kill -9, replay, another program, damage, a disk that is full."""

from __future__ import annotations

import contextlib
import errno
import http.client
import json
import shutil
import signal
import sqlite3
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.journal_damage import DAMAGE
from offerproof.errors import Misuse
from offerproof.simulator import scenarios
from offerproof.simulator.answers import Answer
from offerproof.simulator.app import App
from offerproof.simulator.journal import Journal

CORE = "/priv/v1/apps/test-api-key"
RETAILER = "2d5b5a08-becd-4837-a69a-2ab967c7773a"
Open = Callable[..., Journal]


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def open_journal(tmp_path: Path, complaints: list[str]) -> Open:
    """Replay a journal into an app and attach it."""

    def start(app: App, name: str = "journal.db", *, accept_loss: bool = False) -> Journal:
        path = tmp_path / name
        journal = Journal(path, app, full_sync=False, complain=complaints.append, accept_loss=accept_loss)
        journal.replay()
        journal.attach()
        return journal

    return start


def _day(till: Any) -> tuple[str, str]:
    """A customer with a redeemed, a locked and a revoked offer, some points, an expired lot of time."""
    user = till.customer()
    offer = till.offer()
    codes = [till.issue(user, offer) for _ in range(3)]
    discount = till.lock(codes[0], "t-1")[1]["payload"]
    till.ok("POST", "/api/2.0/send_transaction", till.send_body(user, discount, "t-1"))
    till.lock(codes[1], "t-2")
    till.call("POST", "/api/2.0/Lock", till.lock_body(codes[1], "t-rival"))
    till.ok("POST", "/api/2.0/offers/acquisition/revoke", {"retailer_id": RETAILER, "user_offer_id": codes[2]})
    till.control("POST", "clock", {"advance": 40 * 86400})
    text = [{"title": "T", "culture": "en"}]
    till.control("POST", "load", {"offers": [{"offer_type": "manual_fulfillment", "text_config": text}]})
    till.control("POST", "load", {"customers": [{"email": "loaded@example.com"}, {"email": "no address"}]})
    return user, codes[1]


def _seen(till: Any, user: str) -> list[bytes]:
    history = {"retailer_id": RETAILER, "user_ids": [user]}
    return [
        till.raw("GET", f"{CORE}/users/{user}?expand_incentives=true").body,
        till.raw("GET", f"{CORE}/users/search?email=loaded%40example.com").body,
        till.raw("POST", "/api/2.0/offers/user_offer_history", json.dumps(history).encode()).body,
        till.raw("POST", "/api/2.0/Lookup", json.dumps(till.container({"user_id": user}, "look")).encode()).body,
        json.dumps(till.control("GET", "clock")).encode(),
    ]


def test_a_replay_gives_the_same_world_the_same_request_ids_and_the_same_ids_to_come(make_app, make_till, open_journal):
    app = make_app()
    journal = open_journal(app)
    till = make_till(app)
    user, locked = _day(till)
    repeat = json.dumps(till.lock_body(locked, "t-2", "kept")).encode()
    stored = till.raw("POST", "/api/2.0/Lock", repeat)
    before = _seen(till, user)
    journal.close()
    app.journal.keep = None
    newcomer = till.customer("later")
    again = make_app()
    open_journal(again).close()
    second = make_till(again)
    assert _seen(second, user) == before
    assert second.raw("POST", "/api/2.0/Lock", repeat).body == stored.body
    assert second.customer("later") == newcomer


def test_a_clock_that_was_frozen_stands_where_it_stood(make_app, make_till, open_journal):
    app = make_app()
    app.clock.unfreeze()
    journal = open_journal(app)
    till = make_till(app)
    till.customer()
    till.control("POST", "clock", {"advance": 5})
    frozen = till.control("POST", "clock", {"frozen": True})[1]
    journal.close()
    again = make_app()
    again.clock.unfreeze()
    open_journal(again).close()
    assert make_till(again).control("GET", "clock")[1] == frozen


def test_reads_and_repeats_are_not_kept(make_app, make_till, open_journal, tmp_path):
    app = make_app()
    journal = open_journal(app)
    till = make_till(app)
    user = till.customer()
    code = till.issue(user, till.offer())
    body = json.dumps(till.lock_body(code)).encode()
    for _ in range(3):
        till.raw("POST", "/api/2.0/Lock", body)
        till.call("GET", f"{CORE}/users/{user}")
    till.raw("POST", "/api/2.0/Lock", b"{")
    journal.close()
    rows = sqlite3.connect(tmp_path / "journal.db")
    calls = [name for (name,) in rows.execute("SELECT call FROM entries ORDER BY number")]
    rows.close()
    assert calls == [b"create_customer", b"create_offer", b"issue_offer", b"lock"]


@pytest.mark.parametrize("what", ["seed", "program", "defects"])
def test_a_journal_of_another_world_is_refused(make_app, open_journal, program_with, what):
    open_journal(make_app()).close()
    other = (
        make_app(seed=2)
        if what == "seed"
        else make_app(program=program_with(added="# changed\n") if what == "program" else None)
    )
    if what == "defects":
        other.planting.plant(["lock-is-stolen"])
    with pytest.raises(Misuse, match=f"another {what}"):
        open_journal(other)


def test_a_journal_in_use_is_refused(make_app, open_journal):
    journal = open_journal(make_app())
    with pytest.raises(Misuse, match="in use by another process"):
        open_journal(make_app())
    journal.close()


@pytest.mark.parametrize("kind", ["no database", "another database"])
def test_what_is_no_journal_is_refused_and_left_alone(make_app, open_journal, tmp_path, kind):
    path = tmp_path / "journal.db"
    if kind == "no database":
        path.write_bytes(b"this is a text file, and long enough to be looked at" * 20)
    else:
        with contextlib.closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE t (x)")
            other.commit()
    path.chmod(0o644)
    for accept_loss in (False, True):
        with pytest.raises(Misuse) as refused:
            open_journal(make_app(), accept_loss=accept_loss)
        assert str(path) in refused.value.message
        assert refused.value.hint
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


EXPECTED: dict[str, tuple[int | None, str]] = {
    "a changed body": (7, "entry 8 is"),
    "a changed instant": (7, "entry 8 is"),
    "a changed digest": (7, "entry 8 is"),
    "a lost row": (7, "entry 8 is missing"),
    "the oldest row lost": (0, "entry 1 is missing"),
    "NULL for a body": (7, "entry 8 is"),
    "NULL for a call": (7, "entry 8 is"),
    "text for an instant": (7, "entry 8 is"),
    "the newest rows lost": (20, "the newest 30 of 50 entries are lost"),
    "all rows lost": (0, "the newest 50 of 50 entries are lost"),
    "a bit of the log flipped": (None, "entries are lost"),
    "the log cut off": (None, "entries are lost"),
    "the log missing": (0, "the newest 50 of 50 entries are lost"),
    "the end missing": (50, "journal.db.end, which tells its end, is missing"),
    "a bit of the end flipped": (50, "journal.db.end"),
    "the end cut off": (50, "journal.db.end"),
}
"""Of what is done to a journal of 50 entries: how many stand before the damage (None: some), and what is said."""


@pytest.fixture
def killed(make_app: Any, make_till: Any, open_journal: Open, tmp_path: Path) -> Path:
    """The journal of a simulator that was killed after 50 customers: all its entries are in the log."""
    app = make_app()
    journal = open_journal(app, "live.db")
    till = make_till(app)
    for number in range(50):
        till.customer(f"c{number}")
        assert journal.commit() is None
    for part in ("", "-wal", ".end"):
        shutil.copy(tmp_path / f"live.db{part}", tmp_path / f"journal.db{part}")
    journal.close()
    return tmp_path / "journal.db"


def test_a_journal_of_one_who_was_killed_is_whole(make_app, make_till, open_journal, killed, complaints):
    app = make_app()
    open_journal(app).close()
    assert _customers(make_till(app)) == 50
    assert complaints == []


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_refused_and_said_and_may_be_accepted(make_app, make_till, open_journal, killed, complaints, damage):
    left, words = EXPECTED[damage]
    DAMAGE[damage](killed)
    for _ in range(2):
        with pytest.raises(Misuse) as refused:
            open_journal(make_app())
        assert str(killed) in refused.value.message
        assert words in refused.value.message
        assert "--accept-loss" in str(refused.value.hint)
    assert complaints == []

    app = make_app()
    journal = open_journal(app, accept_loss=True)
    till = make_till(app)
    found = _customers(till)
    assert found == left or (left is None and 0 < found < 50)
    assert len(complaints) == 1
    assert complaints[0].startswith("LOSS ACCEPTED")
    assert words in complaints[0]
    assert f"{found} entries before it" in complaints[0]
    assert killed.with_name("journal.db.damaged-1").exists()
    till.customer("new")
    journal.close()

    again = make_app()
    open_journal(again).close()
    assert _customers(make_till(again)) == found
    assert make_till(again).call("GET", f"{CORE}/users/search?email=new%40example.com")[0] == 200
    assert len(complaints) == 1


def _customers(till: Any) -> int:
    found = [till.call("GET", f"{CORE}/users/search?email=c{number}%40example.com")[0] for number in range(50)]
    assert found == sorted(found), "those before the damage"
    return found.count(200)


def test_entries_that_were_not_acknowledged_yet_are_no_damage(make_app, make_till, open_journal, killed):
    """Killed between the commit and the write of the end."""
    end = killed.with_name("journal.db.end")
    app = make_app()
    journal = open_journal(app)
    before = end.read_bytes()
    make_till(app).customer("under-way")
    journal.close()
    end.write_bytes(before)
    again = make_app()
    open_journal(again).close()
    assert make_till(again).call("GET", f"{CORE}/users/search?email=under-way%40example.com")[0] == 200


def test_what_got_503_as_the_disk_was_full_is_never_done(make_app, make_till, open_journal, complaints):
    """A disk that is full: stood in for by a limit on the size of the database."""
    app = make_app(seed=1)
    journal = open_journal(app)
    till = make_till(app)
    user = till.customer()
    till.control("POST", "clock", {"advance": 5})
    journal.commit()
    db = journal._file._db
    db.execute("PRAGMA max_page_count = 1")
    big = {"user": {"email": "big@example.com", "first_name": "x" * 20_000}}
    assert till.call("POST", f"{CORE}/users", big)[0] == 200, "the transport replaces this answer when the commit fails"
    till.control("POST", "clock", {"advance": 86400})
    assert journal.commit().status == 503
    status, answer = till.call("GET", f"{CORE}/users/{user}")
    assert (status, answer["errors"]["code"]) == (503, "not_available")
    assert till.call("POST", f"{CORE}/users", {"user": {"email": "other@example.com"}})[0] == 503
    assert till.control("POST", "clock", {"advance": 1})[0] == 503
    assert len(complaints) == 1
    db.execute("PRAGMA max_page_count = 100000")
    assert till.call("GET", f"{CORE}/users/{user}")[0] == 200
    assert "can be written again" in complaints[1]

    newcomer = till.customer("newcomer")
    assert journal.commit() is None
    clock = till.control("GET", "clock")[1]
    assert clock["now"] == "2018-09-07T16:00:05Z"
    journal.close()
    again = make_till(make_app(seed=1))
    open_journal(again.app).close()
    for one in (till, again):
        assert [
            one.call("GET", f"{CORE}/users/search?email={name}%40example.com")[0]
            for name in ("first", "newcomer", "big", "other")
        ] == [200, 200, 404, 404]
        assert one.control("GET", "clock")[1] == clock
        assert one.call("GET", f"{CORE}/users/search?email=newcomer%40example.com")[1]["user"]["id"] == newcomer


def test_an_end_that_cannot_be_written_is_no_acknowledgement(make_app, make_till, open_journal):
    app = make_app()
    journal = open_journal(app)
    till = make_till(app)
    till.customer()
    assert journal.commit() is None
    till.customer("lost")
    file = journal._file
    whole, file._end = file._end, _Full()
    assert journal.commit().status == 503
    file._end = whole
    assert till.call("GET", f"{CORE}/users/search?email=lost%40example.com")[0] == 404
    assert till.call("GET", f"{CORE}/users/search?email=first%40example.com")[0] == 200
    journal.close()
    again = make_app()
    open_journal(again).close()
    assert make_till(again).call("GET", f"{CORE}/users/search?email=lost%40example.com")[0] == 404


class _Full(bytearray):
    """A file on a disk that is full."""

    def __setitem__(self, place: Any, data: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_an_answer_held_back_does_not_outlive_a_commit_that_failed(listening, make_app, make_till, request_bytes):
    failed: list[Answer | None] = [None]
    app = make_app()
    app.scenarios["create_customer"] = scenarios.parse("create_customer=late:60s", 1)
    running = listening(app, commit=lambda: failed[0])
    held, other = running.wire(), running.wire()
    held.send(request_bytes(f"{CORE}/users", {"user": {"email": "held@example.com"}}))
    search = request_bytes(f"{CORE}/users/search?email=held%40example.com", method="GET")
    deadline = time.monotonic() + 5
    status = 0
    while status != 200:
        other.send(search)
        status = other.answer()[0]
        assert time.monotonic() < deadline
    failed[0] = Answer(503, b"{}")
    other.send(search)
    assert other.answer()[0] == 503
    assert held.at_end()


@pytest.mark.slow
def test_after_kill_9_amid_a_stream_every_acknowledged_redemption_is_there_once(start_simulator, tmp_path):
    options = ["--journal", str(tmp_path / "journal.db"), "--seed", "3"]
    first = start_simulator(*options)
    user = first.customer()
    offer = first.offer()
    codes = [first.issue(user, offer) for _ in range(90)]
    acknowledged: list[str] = []

    def redeem_all(mine: list[str]) -> None:
        for code in mine:
            try:
                status, _ = first.call("POST", "/api/2.0/redeem", first.lock_body(code, f"t-{code}", f"r-{code}"))
            except (OSError, http.client.HTTPException):
                return
            assert status == 200
            acknowledged.append(code)

    tills = [threading.Thread(target=redeem_all, args=(codes[start::3],)) for start in range(3)]
    for till in tills:
        till.start()
    deadline = time.monotonic() + 10
    while len(acknowledged) < 30:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    first.process.send_signal(signal.SIGKILL)
    for till in tills:
        till.join(10)
    first.process.wait(10)

    second = start_simulator(*options)
    history = second.history(user)
    redeemed = [code for code, state in history.items() if state == "Redeemed"]
    assert sorted(history) == sorted(codes)
    assert set(acknowledged) <= set(redeemed)
    assert len(redeemed) <= len(acknowledged) + len(tills), "beside those, only what was under way"
    again = second.lock_body(acknowledged[0], f"t-{acknowledged[0]}", f"r-{acknowledged[0]}")
    assert second.call("POST", "/api/2.0/redeem", again)[0] == 200, "its stored answer"
    assert second.call("POST", "/api/2.0/redeem", second.lock_body(acknowledged[0], "t-x", "r-x"))[0] == 409


def test_a_journal_is_for_its_owner_alone(make_app, make_till, open_journal, tmp_path):
    (tmp_path / "old.db").touch(0o644)
    for name in ("journal.db", "old.db"):
        app = make_app()
        journal = open_journal(app, name)
        make_till(app).customer()
        assert journal.commit() is None
        files = list(tmp_path.glob(f"{name}*"))
        assert tmp_path / f"{name}-wal" in files
        assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
        journal.close()
