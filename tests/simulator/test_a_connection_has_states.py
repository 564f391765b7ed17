"""A connection goes from state to state as its table allows, and what it owes its client decides which."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from offerproof.simulator.answers import Answer, Effect
from offerproof.simulator.connection import Connection, ConnectionLimits
from offerproof.simulator.request_reader import ANSWERING, BODY, CLOSING, HEAD, IDLE, ConnectionState
from offerproof.simulator.server import Server

LATE = b"GET /late HTTP/1.1\r\nHost: x\r\n\r\n"
BIG = b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n"
PLAIN = b"GET /plain HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /plain HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"
LAST = b"GET /plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class Handler:
    """Answers /late an hour later, /big with a megabyte and everything else with two bytes at once."""

    def handle(self, method: bytes, target: bytes, *more: Any, oversize: bool = False) -> Answer:
        if target == b"/late":
            return Answer(200, b"{1}", effect=Effect(delay=3600, release="late"))
        return Answer(200, b"x" * 1_000_000 if target == b"/big" else b"{}")

    def limit(self, target: bytes) -> int:
        return 1024

    def release(self, key: object | None) -> None:
        pass


class Transport:
    """Keeps what is written; ``takes`` says whether the client reads it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.written = b""
        self.reading = True
        self.takes = True
        self.buffer = 0
        self.ended = ""

    def write(self, data: bytes) -> None:
        self.written += data
        if not self.takes and not self.buffer:
            self.connection.pause_writing()
        self.buffer = 0 if self.takes else self.buffer + len(data)

    def take_all(self) -> None:
        self.takes, self.buffer = True, 0
        self.connection.resume_writing()

    def get_write_buffer_size(self) -> int:
        return self.buffer

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def is_closing(self) -> bool:
        return bool(self.ended)

    def close(self) -> None:
        self.ended = "closed"

    def abort(self) -> None:
        self.ended = "aborted"

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.written += b"<eof>"

    @property
    def statuses(self) -> list[int]:
        return [int(part[:3]) for part in self.written.split(b"HTTP/1.1 ")[1:]]


class Loop:
    """Keeps what should happen later."""

    def __init__(self) -> None:
        self.later: list[Any] = []

    def call_later(self, delay: float, callback: Any, *args: Any) -> Any:
        self.later.append(lambda: callback(*args))
        return asyncio.TimerHandle(0, callback, args, cast(Any, self))

    def get_debug(self) -> bool:
        return False

    def _timer_handle_cancelled(self, handle: object) -> None:
        pass


class Bench:
    """A connection between a loop and a transport that do what the test says."""

    def __init__(self, **limits: Any) -> None:
        self.server = Server(Handler(), limits=ConnectionLimits(**limits))
        self.loop = Loop()
        self.connection = Connection(self.server, cast(Any, self.loop), None)
        self.transport = Transport(self.connection)
        self.connection.connection_made(cast(Any, self.transport))

    def receive(self, data: bytes) -> ConnectionState:
        """Bring bytes; returns the state afterwards."""
        self.connection.data_received(data)
        return self.connection.state

    def let_go(self) -> ConnectionState:
        """Let what is held back leave; returns the state afterwards."""
        self.loop.later.pop(0)()
        return self.connection.state

    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.server.tick += 1
            self.connection.check_time(self.server.tick)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_request_in_pieces_goes_through_head_and_body_to_idle(bench):
    assert bench.connection.state is IDLE
    assert [bench.receive(data) for data in (b"POST", POST[4:], b"{}", b"  ")] == [HEAD, BODY, BODY, IDLE]
    assert bench.transport.statuses == [200]


def test_nothing_is_read_while_an_answer_is_held_back_and_reading_goes_on_where_it_stood(bench):
    assert bench.receive(LATE + PLAIN + POST + b"{") is ANSWERING
    assert (bench.transport.reading, bench.transport.statuses) == (False, [])
    assert bench.let_go() is BODY
    assert (bench.transport.reading, bench.transport.statuses) == (True, [200, 200])
    assert bench.receive(b"}  ") is IDLE
    assert bench.transport.statuses == [200, 200, 200]


def test_nothing_is_read_while_the_client_takes_no_answer(bench):
    bench.transport.takes = False
    assert bench.receive(BIG) is ANSWERING
    assert not bench.transport.reading
    bench.transport.take_all()
    assert (bench.connection.state, bench.transport.reading) == (IDLE, True)


def test_answers_are_made_only_as_fast_as_the_client_takes_them(bench):
    bench.transport.takes = False
    assert bench.receive(BIG * 20) is ANSWERING
    assert len(bench.transport.statuses) == 2
    bench.transport.take_all()
    assert (bench.connection.state, bench.transport.statuses) == (IDLE, [200] * 20)


@pytest.mark.parametrize(
    ("data", "statuses"),
    [
        (LAST + PLAIN, [200]),
        (PLAIN + b"\x00", [200, 400]),
        (b"GET /" + b"a" * 20_000, [431]),
        (POST.replace(b"4", b"9999"), [200]),
    ],
)
def test_after_the_last_answer_nothing_further_is_taken(bench, data, statuses):
    assert bench.receive(data) is CLOSING
    assert bench.receive(PLAIN) is CLOSING
    assert bench.transport.statuses == statuses
    assert b"connection: close" in bench.transport.written


def test_a_refusal_of_malformed_bytes_waits_for_the_answers_before_it(bench):
    assert bench.receive(LATE + b"\x00") is CLOSING
    assert bench.transport.statuses == []
    assert bench.let_go() is CLOSING
    assert bench.transport.statuses == [200, 400]
    assert bench.transport.written.endswith(b"<eof>")


def test_an_answer_held_back_reaches_a_client_that_has_stopped_sending(bench):
    assert bench.receive(LATE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")) is CLOSING
    assert bench.connection.eof_received() is True
    bench.let_go()
    assert (bench.transport.statuses, bench.transport.ended) == ([200], "closed")


def test_a_client_that_still_sends_may_read_its_refusal_first():
    bench = Bench(linger=2)
    bench.receive(POST.replace(b"4", b"9999"))
    assert (bench.transport.ended, bench.transport.written[-5:]) == ("", b"<eof>")
    bench.wait(2)
    assert bench.transport.ended == ""
    bench.wait(1)
    assert bench.transport.ended == "aborted"


def test_a_slow_client_gets_the_whole_of_its_last_answer():
    bench = Bench(linger=2, idle=30)
    bench.transport.takes = False
    bench.receive(BIG.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    bench.wait(30)
    assert bench.transport.ended == "closed"
    bench.wait(1)
    assert bench.transport.ended == "aborted"


def test_a_client_that_never_takes_its_answers_is_given_up():
    bench = Bench(idle=30)
    bench.transport.takes = False
    assert bench.receive(BIG * 20) is ANSWERING
    bench.wait(30)
    assert bench.transport.ended == ""
    bench.wait(1)
    assert bench.transport.ended == "aborted"


def test_an_answer_held_back_is_waited_for_however_long(bench):
    bench.receive(LATE)
    bench.wait(1000)
    assert bench.transport.ended == ""
    assert bench.let_go() is IDLE


def test_a_request_has_its_time_as_a_whole():
    bench = Bench(request=10)
    bench.receive(b"POST")
    bench.wait(9)
    assert bench.receive(POST[4:]) is BODY
    bench.wait(2)
    assert bench.transport.statuses == [408]


def test_stopping_answers_what_is_held_back_and_takes_no_more(bench):
    bench.receive(LATE)
    bench.connection.retire()
    assert bench.connection.state is CLOSING
    bench.let_go()
    assert (bench.transport.statuses, bench.transport.ended) == ([200], "closed")


@pytest.mark.parametrize("start", ConnectionState)
@pytest.mark.parametrize("end", ConnectionState)
def test_a_move_that_the_table_does_not_know_is_a_fault(bench, start, end):
    bench.connection.state = start
    if end in start.follows:
        bench.connection.move(end)
        assert bench.connection.state is end
    else:
        with pytest.raises(AssertionError, match="to ConnectionState"):
            bench.connection.move(end)


def test_the_table_of_states():
    assert {one.name: [after.name for after in one.follows] for one in ConnectionState} == {
        "IDLE": ["HEAD", "ANSWERING", "CLOSING"],
        "HEAD": ["BODY", "ANSWERING", "CLOSING"],
        "BODY": ["IDLE", "ANSWERING", "CLOSING"],
        "ANSWERING": ["IDLE", "HEAD", "BODY", "CLOSING"],
        "CLOSING": [],
    }
