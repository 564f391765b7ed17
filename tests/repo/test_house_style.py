"""The habits a reader relies on, as tests: docstrings, declared dependencies, and what no tracked file may hold."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

CODE = ("src", "contracts", "load")
FOR_USERS = ("offerproof.conformance",)
"""Packages whose names teams use in checks of their own."""


def _code(tracked: list[Path], root: Path) -> list[Path]:
    return [p for p in tracked if p.suffix == ".py" and p.relative_to(root).parts[0] in CODE]


def test_every_module_and_public_class_says_what_it_is(tracked: list[Path], root: Path) -> None:
    silent = []
    for path in _code(tracked, root):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if tree.body and ast.get_docstring(tree) is None:
            silent.append(str(path.relative_to(root)))
        silent += [
            f"{path.relative_to(root)}:{node.lineno} {node.name}"
            for node in tree.body
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and ast.get_docstring(node) is None
        ]
    assert silent == []


def test_a_package_gives_nothing_that_nobody_takes_from_it(tracked: list[Path], root: Path) -> None:
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in tracked if path.suffix == ".py"}
    taken = {
        (node.module, alias.name)
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    offered = {
        (package, name)
        for path, tree in trees.items()
        if path.name == "__init__.py" and root / "src" in path.parents
        for package in [".".join(path.relative_to(root / "src").parent.parts)]
        if package not in FOR_USERS
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for name in ast.literal_eval(node.value)
    }
    assert len(offered) > 100
    assert sorted(offered - taken) == []


FORBIDDEN = {
    "a machine's path": re.compile(r"(^|[^A-Za-z0-9_.-])/(work|farm|root)/"),
    "the source documents' sample credential": re.compile("ZDRk" + "OTUwYWYt"),
    "a private key": re.compile("-----BEGIN [A-Z ]*PRIVATE" + " KEY-----"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_holds(what: str, tracked: list[Path], root: Path) -> None:
    pattern = FORBIDDEN[what]
    found = []
    for path in tracked:
        text = path.read_bytes().decode("utf-8", "replace")
        found += [
            f"{path.relative_to(root)}:{n}" for n, line in enumerate(text.splitlines(), 1) if pattern.search(line)
        ]
    assert found == []


PRIVATE_RULE = re.compile(r"\bprogram(\.\w+)*(\._[a-z]|, \"_)")


@pytest.mark.parametrize("text", ["app.program._lock", "app.program.points._cash_out()", 'app.program.points, "_earn"'])
def test_a_private_rule_of_the_program_is_seen(text: str) -> None:
    assert PRIVATE_RULE.search(text)


def test_nobody_calls_or_replaces_a_private_rule_of_the_program(tracked: list[Path], root: Path) -> None:
    outside = [path for path in _code(tracked, root) if root / "src/offerproof/program" not in path.parents]
    lines = [(path, line) for path in outside for line in path.read_text(encoding="utf-8").splitlines()]
    assert [f"{path.relative_to(root)}: {line.strip()}" for path, line in lines if PRIVATE_RULE.search(line)] == [], (
        "a rule that something outside needs is a public, documented method of the part it belongs to"
    )


def test_the_lock_files_pin_with_hashes_and_hold_no_addresses(root: Path) -> None:
    assert sorted(path.name for path in root.glob("*.lock")) == ["requirements-dev.lock", "requirements.lock"]
    for path in root.glob("*.lock"):
        lock = path.read_text(encoding="utf-8")
        assert "://" not in lock
        assert "--find-links" not in lock
        assert [pin for pin, hashes in _locked(path) if "==" not in pin or not hashes] == []


def test_who_only_runs_it_gets_what_developers_have_and_no_tools(root: Path) -> None:
    """Both lock files are what ``make lock`` makes of pyproject.toml: neither lacks a package that it names."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    source, dev = (project["optional-dependencies"][extra] for extra in ("source", "dev"))
    runs, develops = _locked(root / "requirements.lock"), _locked(root / "requirements-dev.lock")
    tools, installed = {_name(one) for one in dev}, {_name(pin) for pin, _ in runs}
    assert {_name(one) for one in (*project["dependencies"], *source)} <= installed
    assert tools <= {_name(pin) for pin, _ in develops}
    assert runs - develops == set()
    assert tools & installed == set()


def _locked(path: Path) -> set[tuple[str, frozenset[str]]]:
    """What is pinned, and the hashes of it; without the platforms it is for, which is ``make lock``'s business."""
    entries = re.split(r"\n(?=[a-z0-9])", path.read_text(encoding="utf-8").strip())
    return {(entry.split()[0], frozenset(re.findall("--hash=sha256:[0-9a-f]{64}", entry))) for entry in entries}


def _name(requirement: str) -> str:
    return re.split(r"[<>=;\s\[]", requirement, maxsplit=1)[0]


def test_every_import_of_the_package_has_a_declared_dependency(tracked: list[Path], root: Path) -> None:
    """What a module imports from outside the standard library is declared in pyproject.toml, not merely present."""
    import sys

    named = {
        "jsonschema_rs": "jsonschema-rs",
        "hdrh": "hdrhistogram",
        "prometheus_client": "prometheus-client",
        "yaml": "pyyaml",
    }
    declared = {
        _name(line)
        for line in tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    }
    missing = set()
    for path in _code(tracked, root):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module]
            for top in {name.split(".")[0] for name in names}:
                known = top in sys.stdlib_module_names or top in {"offerproof", "contracts", "load"}
                if not known and named.get(top, top) not in declared:
                    missing.add(f"{path.relative_to(root)}: {top}")
    assert missing == set()
