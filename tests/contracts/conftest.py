"""Shared by the tests of the contract: its clauses as data, and which check names which clause."""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

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
