"""Shared by the tests of the contract: its clauses as data, and which check names which clause."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import sys
import threading
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from offerproof.client import Api, HttpRequest, HttpResponse, Minter, Wire
from offerproof.conformance.allotment import Allotments
from offerproof.conformance.checkrun import CheckRun
from offerproof.conformance.clock import Clock, ControlPanel
from offerproof.conformance.expect import Expect
from offerproof.conformance.given import Given
from offerproof.conformance.outcome import ExpectationFailed, Settle
from offerproof.conformance.supplies import Supplies
from offerproof.conformance.waiting import Planted, Wait, WaitPolicy
from offerproof.contract import OPERATIONS, load_contract
from offerproof.defects import registry
from offerproof.errors import CannotJudge
from offerproof.exchange import Exchange
from offerproof.findings import Needs, Verdict
from offerproof.judgement import shapes
from offerproof.provisioning import Pools
from offerproof.simulator.answers import Service
from offerproof.simulator.app import App
from offerproof.simulator.clock import SimulatedClock as SimulatedClock
from offerproof.simulator.control import ControlApi
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
        if verdict is not Verdict.SKIP:
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
    shape = shapes.look_at(exchange)
    return [*broken, *shape.others] + [exchange.operation for _ in shape.problems]


def _operation(method: str, path: str) -> str:
    for operation in OPERATIONS.values():
        shape = "^" + re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(operation.path)) + "$"
        if re.match(shape, path, re.IGNORECASE) and method in (operation.method, "PATCH"):
            return operation.id
    return "none"


class Bench:
    """One simulated target and the suite's checks. ``run(name)`` runs a check as the suite would, without pytest."""

    def __init__(self, folder: Path, checks: list[Named], program: Path | None = None) -> None:
        self.app = App(read_program(program), seed=7, clock=SimulatedClock(START, frozen=True), defects=registry)
        self.app.control = ControlApi(self.app, "test-token")
        addresses = dict.fromkeys(Service, "http://127.0.0.1:1")
        write_profile(
            folder / "bench.toml",
            self.app.settings,
            self.app.auth.keys,
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
        pools = Pools(self.profile, None)
        nothing_shared = Allotments((), self.profile, pools)
        supplies = Supplies(api, panel, settle, pools, needs=Needs(), run_id="bench", allotments=nothing_shared)
        offered = {
            "api": api,
            "given": Given(supplies, check),
            "expect": Expect(check),
            "settle": settle,
            "profile": self.profile,
            "clock": clock,
            "wait": Wait(WaitPolicy(clock, 0, False, print), supplies, Planted(check=name), within_the_run=True),
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


def pytest_configure(config: pytest.Config) -> None:
    """The chapters carry the suite's own marker; in this session its plugin, which would declare it, is not loaded."""
    config.addinivalue_line("markers", "clause: the clauses a check of the contract judges")
