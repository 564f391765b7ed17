"""Shared by the tests of the contract: its clauses as data, and which check names which clause."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import json
import re
import sys
import threading
import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from offerproof.client import Api, HttpRequest, HttpResponse, Minter, Wire
from offerproof.conformance.checkrun import CheckRun
from offerproof.conformance.clock import Clock, ControlPanel
from offerproof.conformance.controlled import Controlled
from offerproof.conformance.expect import Expect
from offerproof.conformance.outcome import ExpectationFailed
from offerproof.conformance.provisioning import Given, Provisioner
from offerproof.conformance.settle import Settle
from offerproof.contract import OPERATIONS, load_contract
from offerproof.errors import CannotJudge
from offerproof.exchange import Exchange
from offerproof.findings import Needs, Verdict
from offerproof.judgement import shapes
from offerproof.simulator.answers import Service
from offerproof.simulator.app import App
from offerproof.simulator.clock import Clock as SimulatedClock
from offerproof.simulator.control import Control
from offerproof.simulator.profile import write as write_profile
from offerproof.simulator.program_file import read as read_program
from offerproof.target import load_profile

Rewrite = Callable[[str, bytes, int, bytes], tuple[int, bytes]]
"""Operation, request body, status and answer body in; status and answer body out."""

START = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z, in microseconds."""

ELSEWHERE = {"test_70_surface.py", "test_80_concurrency.py", "test_75_journeys.py"}
"""Chapters that send thousands of requests; ``tests/surface``, ``tests/journeys`` and ``tests/dialects`` run them."""

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"


@dataclass(frozen=True)
class Named:
    """A check and the clauses its decorator names, as the source says, without importing it."""

    module: str
    name: str
    clauses: tuple[str, ...]
    used: frozenset[str]
    """Clause ids that stand anywhere in its module's functions."""
    level: str | None


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    return tomllib.loads((CONTRACTS / "clauses.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def clauses(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in document["clauses"]}


@pytest.fixture(scope="session")
def checks() -> list[Named]:
    found = []
    for path in sorted(CONTRACTS.glob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.append(_named(path.name, node, constants, tree))
    return found


def _named(module: str, function: ast.FunctionDef, constants: dict[str, ast.expr], tree: ast.Module) -> Named:
    ids: list[str] = []
    level = None
    for call in function.decorator_list:
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "clause":
            for argument in call.args:
                ids += _texts(argument, constants)
            level = next((str(ast.literal_eval(k.value)) for k in call.keywords if k.arg == "level"), None)
    used = {
        argument.value
        for body in tree.body
        if isinstance(body, ast.FunctionDef)
        for inner in ast.walk(ast.Module(body=body.body, type_ignores=[]))
        for argument in ast.walk(inner)
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
    return Named(module, function.name, tuple(ids), frozenset(used), level)


def _texts(argument: ast.expr, constants: dict[str, ast.expr]) -> list[str]:
    if isinstance(argument, ast.Starred):
        return _texts(argument.value, constants)
    if isinstance(argument, ast.Name):
        return _texts(constants[argument.id], constants)
    if isinstance(argument, ast.Tuple | ast.List):
        return [text for element in argument.elts for text in _texts(element, constants)]
    return [str(ast.literal_eval(argument))]


# A bench: checks run one by one, in this process, against a simulated target whose answers a test may rewrite.


class Told:
    """What one check concluded, clause by clause; ``problems`` holds the failed expectations in order."""

    def __init__(self) -> None:
        self.verdicts: dict[str, str] = {}
        self.problems: list[str] = []
        self.shapes: list[str] = []
        """Operations whose answers did not fit their schema."""

    def failed(self, check: Any, problem: Any) -> Verdict:
        self.verdicts[check.current] = "fail"
        self.problems.append(
            f"{check.current}: {problem.what}: expected {problem.expected}, observed {problem.observed}"
        )
        return Verdict.FAIL

    def passed(self, check: Any, clause: str) -> None:
        self.verdicts.setdefault(clause, "pass")

    def verdict(self, check: Any, clause: str, verdict: Verdict, summary: str) -> None:
        self.verdicts.setdefault(clause, str(verdict))
        self.problems.append(f"{clause}: {verdict}: {summary}")

    def observe(self, question: str, reading: str, clause: str | None, on: Any) -> None:
        pass


class Inward:
    """A transport that hands requests to the simulator's ``App`` and lets ``rewrite`` change what comes back."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.rewrite: Rewrite | None = None
        self.requests = 0
        self._guard = threading.Lock()

    def send(self, request: HttpRequest) -> HttpResponse:
        with self._guard:  # the simulator answers one request at a time, also when several terminals ask at once
            return self._send(request)

    def _send(self, request: HttpRequest) -> HttpResponse:
        self.requests += 1
        parts = urlsplit(request.url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {name.lower().encode(): value.encode("latin-1") for name, value in request.headers.items()}
        answer = self.app.handle(request.method.encode(), target.encode(), headers, request.body)
        status, body = answer.status, answer.body
        if self.rewrite and not parts.path.startswith("/_control"):
            status, body = self.rewrite(_operation(request.method, parts.path), request.body, status, body)
        return HttpResponse(status, {"content-type": "application/json"}, body)


def _misshapen(exchange: Exchange) -> list[str]:
    if exchange.failure or not exchange.documented:
        return []
    broken = ["*"] if (exchange.status or 0) >= 500 else []
    return broken + [exchange.operation for _ in shapes.check_exchange(exchange)]


def _operation(method: str, path: str) -> str:
    for operation in OPERATIONS.values():
        shape = "^" + re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(operation.path)) + "$"
        if re.match(shape, path, re.IGNORECASE) and method in (operation.method, "PATCH"):
            return operation.id
    return "none"


class Rewriter:
    """Ways to make right answers wrong. Each method returns a rewrite; paths are dotted, ``*`` means every element."""

    def __init__(self) -> None:
        self.last: dict[str, Any] = {}
        """The last true success answer of each operation, while a rewrite made by ``edit`` or ``replay`` is at work."""

    def edit(self, operation: str, change: Callable[[Any], object], *, among: range | None = None) -> Rewrite:
        """Change the parsed success answers of an operation in place; ``among``: only these, counted from 0."""
        seen = 0

        def rewrite(called: str, asked: bytes, status: int, body: bytes) -> tuple[int, bytes]:
            nonlocal seen
            document = _parsed(body)
            if status != 200 or str(document.get("status")).lower() not in ("ok", "success"):
                return status, body
            self.last[called] = _parsed(body)
            if called != operation:
                return status, body
            seen += 1
            if among is None or seen - 1 in among:
                change(document)
            return status, json.dumps(document).encode()

        return rewrite

    def put(self, operation: str, path: str, value: Any, *, among: range | None = None) -> Rewrite:
        """Put a value into success answers."""
        return self.edit(operation, lambda document: _walk(document, path.split("."), value), among=among)

    def drop(self, operation: str, path: str, *, among: range | None = None) -> Rewrite:
        """Take a member out of success answers."""
        return self.edit(operation, lambda document: _walk(document, path.split("."), _GONE), among=among)

    def answer(self, operation: str, status: int, body: bytes | None = None, *, among: range | None = None) -> Rewrite:
        """Give every answer of an operation this status, and this body if there is one."""
        seen = 0

        def rewrite(called: str, asked: bytes, before: int, kept: bytes) -> tuple[int, bytes]:
            nonlocal seen
            if called != operation and operation != "*":
                return before, kept
            seen += 1
            if among is not None and seen - 1 not in among:
                return before, kept
            return status, kept if body is None else body

        return rewrite

    def refuse(self, operation: str, *, among: range | None = None) -> Rewrite:
        """Refuse, in the service's own envelope."""
        errors: Any = {"code": "refused", "message": "refused", "type": "refused"}
        return self.answer(operation, 400, json.dumps({"status": "error", "errors": errors}).encode(), among=among)

    def honour(self, operation: str, payload: Any = None, *, among: range | None = None) -> Rewrite:
        """Turn refusals into successes with a payload (of core: the user)."""
        member = "user" if operation in CORE else "payload"
        success = json.dumps({"status": "ok", member: payload, "errors": None}).encode()
        return self.on_refusal(operation, lambda: success, among=among)

    def replay(self, operation: str, make: Callable[[dict[str, Any]], Any]) -> Rewrite:
        """Turn refusals into successes made from what was answered before (``make`` gets the last answers)."""
        member = "user" if operation in CORE else "payload"

        def success() -> bytes:
            return json.dumps({"status": "ok", member: make(self.last), "errors": None}).encode()

        return self.on_refusal(operation, success)

    def on_refusal(self, operation: str, make: Callable[[], bytes], *, among: range | None = None) -> Rewrite:
        """Answer 200 with another body where a refusal stood."""
        seen = 0

        def rewrite(called: str, asked: bytes, status: int, body: bytes) -> tuple[int, bytes]:
            nonlocal seen
            document = _parsed(body)
            if status == 200 and str(document.get("status")).lower() in ("ok", "success"):
                self.last[called] = document
                return status, body
            if called != operation and operation != "*":
                return status, body
            seen += 1
            return (200, make()) if among is None or seen - 1 in among else (status, body)

        return rewrite


CORE = ("search_customers", "get_customer", "get_customer_by_external_id", "create_customer")
_GONE = object()


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return {}


def _walk(value: Any, steps: list[str], put: Any) -> None:
    """Put a value at a path, wherever the path exists up to its last step."""
    step, rest = steps[0], steps[1:]
    places: list[Any] = []
    if isinstance(value, list):
        places = list(range(len(value))) if step == "*" else [int(step)] if int(step) < len(value) else []
    elif isinstance(value, dict):
        places = [step] if step in value or not rest else []
    for place in places:
        if rest:
            _walk(value[place], rest, put)
        elif put is _GONE:
            value.pop(place, None)
        else:
            value[place] = put


class Bench:
    """One simulated target and the suite's checks. ``run(name)`` runs a check as the suite would, without pytest."""

    def __init__(self, folder: Path, checks: list[Named], program: Path | None = None) -> None:
        self.app = App(read_program(program), seed=7, clock=SimulatedClock(START, frozen=True))
        self.app.control = Control(self.app, "test-token")
        addresses = dict.fromkeys(Service, "http://127.0.0.1:1")
        write_profile(
            folder / "bench.toml",
            self.app.settings,
            self.app.door.keys,
            addresses,
            token="test-token",
            control="http://127.0.0.1:1",
        )
        self.profile = load_profile(folder / "bench.toml")
        self.transport = Inward(self.app)
        self.folder = folder
        self.checks = {check.name: check for check in checks if check.module not in ELSEWHERE}
        self.functions = {name: _function(check) for name, check in self.checks.items()}
        self._clauses = load_contract().clauses
        self._nonce = 0

    def can(self, name: str) -> bool:
        """Whether the target declares what a check and its first clause need."""
        mark = next(mark for mark in self.functions[name].pytestmark if mark.name == "clause")
        clause = self._clauses[mark.args[0]]
        told = {question: self.profile.behaviour(question) for question in clause.declares}
        declared = all(told[name] and {told[name], "*"} & set(answers) for name, answers in clause.declares.items())
        return declared and all(self.profile.can(need) for need in {*clause.needs, *mark.kwargs["needs"]})

    def run(self, name: str, rewrite: Rewrite | None = None, **arguments: Any) -> Told:
        """Run one check in a fresh world; parametrised checks get their arguments by name."""
        self.app.build()
        self.app.clock.set(START)
        self._nonce += 1
        self.transport.rewrite = rewrite
        wire = Wire(self.profile, self.transport, minter=Minter(1, f"bench-{self._nonce}"), sleep=lambda _: None)
        told = Told()
        function = self.functions[name]
        mark = next(mark for mark in function.pytestmark if mark.name == "clause")
        check = CheckRun(name, mark.args, mark.kwargs["consumed"], told)
        wire.observers.append(check.exchanges.append)
        wire.observers.append(lambda exchange: told.shapes.extend(_misshapen(exchange)))
        panel = ControlPanel(self.profile, self.transport)
        clock = Clock(self.profile, panel)
        api = Api(wire, clock.now)
        settle = Settle(0)

        def control(leftovers: Counter[str]) -> Controlled:
            return Controlled(panel, api, Needs(), leftovers)

        supplies = Provisioner(self.profile, api, self.folder, "bench", settle, control)
        offered = {
            "api": api,
            "given": Given(supplies, check),
            "expect": Expect(check),
            "settle": settle,
            "profile": self.profile,
            "clock": clock,
        }
        wanted = inspect.signature(function).parameters
        rest = None
        try:
            function(**{key: value for key, value in (offered | arguments).items() if key in wanted})
        except ExpectationFailed as problem:
            check.conclude(problem)
            rest = (Verdict.UNKNOWN, "an earlier expectation of the check did not hold")
        except CannotJudge as problem:
            rest = (Verdict.UNKNOWN, str(problem))
        check.finish(rest)
        return told


def _function(check: Named) -> Any:
    """The check's function, from its module loaded by path."""
    name = f"bench_{check.module.removesuffix('.py')}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, CONTRACTS / check.module)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return getattr(sys.modules[name], check.name)


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory, checks: list[Named]) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"), checks)


@pytest.fixture
def make_bench(tmp_path: Path, checks: list[Named]) -> Callable[[Path], Bench]:
    return lambda program: Bench(tmp_path, checks, program)


@pytest.fixture
def wrong() -> Rewriter:
    return Rewriter()


def pytest_configure(config: pytest.Config) -> None:
    """The chapters carry the suite's own marker; in this session its plugin, which would declare it, is not loaded."""
    config.addinivalue_line("markers", "clause: the clauses a check of the contract judges")
