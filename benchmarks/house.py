"""How big is the house? ``python -m benchmarks.house [CHECKOUT [CHECKOUT]]``: a table, with two checkouts side by side.

Modules, lines and statements under ``src/``; circles of imports; names of classes that stand in more than one module;
the longest file, class and function. What must hold is ``LIMITS``, kept by ``tests/repo/test_the_house.py``. What does
not hold yet stands by name in ``tests/repo/house.toml``, whose tables may only get shorter: ``--lower`` takes out of
them what holds by now, and never adds to them.

Lines count as they stand in the file, blank ones and comments too; statements tell whether lines were packed. The
attributes of a class are what its body declares and what its methods assign to ``self``, without what it inherits.
An import counts wherever it stands, in a function or under ``TYPE_CHECKING`` too.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import grimp
from rich.console import Console
from rich.table import Table

ROOT: Final = Path(__file__).resolve().parents[1]
CODE: Final = ("src", "contracts", "load")
ROOTS: Final = ("offerproof", "contracts", "load")
RATCHET: Final = Path("tests/repo/house.toml")

Imports: TypeAlias = Mapping[str, frozenset[str]]
"""Each module, and the modules of the checkout that it imports."""


@dataclass(frozen=True)
class Limits:
    """What must hold of every file of ``CODE``; the names of modules and classes only under ``src/``."""

    file_lines: int = 600
    class_lines: int = 249
    class_attributes: int = 15
    function_lines: int = 60
    modules_of_one_name: int = 1
    module_lines_min: int = 40


LIMITS: Final = Limits()

REMEDIES: Final = {
    "file_lines": f"A file has at most {LIMITS.file_lines} lines: divide it by what its parts are for.",
    "class_lines": f"A class has at most {LIMITS.class_lines} lines: let a collaborator have what it does for another.",
    "class_attributes": f"A class has at most {LIMITS.class_attributes} attributes: group those that belong together.",
    "function_lines": f"A function has at most {LIMITS.function_lines} lines, it fits a screen: name its steps.",
    "double_names": "A class name stands in one module: give each meaning a name of its own, or join the two.",
    "small_modules": f"A module has at least {LIMITS.module_lines_min} lines: join it with what uses it, or state a "
    "reason why it stands alone.",
}
"""The rules, and what to do where one is broken."""


@dataclass
class Size:
    """How much there is of something."""

    modules: int = 0
    lines: int = 0
    statements: int = 0

    def add(self, text: str, tree: ast.Module) -> None:
        """Count a module in."""
        self.modules += 1
        self.lines += len(text.splitlines())
        self.statements += sum(isinstance(node, ast.stmt) for node in ast.walk(tree))


@dataclass
class House:
    """What was measured of one checkout.

    ``exceeding``: what breaks a rule, and by what number, without regard to the ratchet.
    """

    packages: dict[str, Size] = field(default_factory=lambda: defaultdict(Size))
    files: dict[str, int] = field(default_factory=dict)
    class_lines: dict[str, int] = field(default_factory=dict)
    class_attributes: dict[str, int] = field(default_factory=dict)
    functions: dict[str, int] = field(default_factory=dict)
    class_names: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    circles: list[list[str]] = field(default_factory=list)
    sibling_circles: list[list[str]] = field(default_factory=list)

    @property
    def whole(self) -> Size:
        sizes = self.packages.values()
        return Size(*(sum(getattr(size, name) for size in sizes) for name in ("modules", "lines", "statements")))

    @property
    def small(self) -> dict[str, int]:
        """Modules under ``src/`` with few lines; a package's first page may be short."""
        return {
            where: lines
            for where, lines in self.files.items()
            if where.startswith("src/")
            and lines < LIMITS.module_lines_min
            and Path(where).stem not in {"__init__", "__main__"}
        }

    def exceeding(self) -> dict[str, dict[str, int]]:
        """For each rule what breaks it, and by what number."""

        def over(sizes: Mapping[str, int], limit: int) -> dict[str, int]:
            return {name: size for name, size in sorted(sizes.items()) if size > limit}

        return {
            "file_lines": over(self.files, LIMITS.file_lines),
            "class_lines": over(self.class_lines, LIMITS.class_lines),
            "class_attributes": over(self.class_attributes, LIMITS.class_attributes),
            "function_lines": over(self.functions, LIMITS.function_lines),
            "double_names": over({k: len(v) for k, v in self.class_names.items()}, LIMITS.modules_of_one_name),
            "small_modules": dict(sorted(self.small.items())),
        }


def measure(root: Path) -> House:
    """Measure a checkout: its ``src/``, ``contracts/`` and ``load/``."""
    house = House()
    for top in CODE:
        for path in sorted((root / top).rglob("*.py")):
            _measure_file(house, path, path.relative_to(root))
    imports = imports_of(root)
    house.circles = circles(imports)
    house.sibling_circles = sibling_circles(imports)
    return house


def _measure_file(house: House, path: Path, where: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    house.files[str(where)] = len(text.splitlines())
    if where.parts[0] == "src":
        house.packages[where.parts[2] if len(where.parts) > 3 else "(top)"].add(text, tree)
        for name in {node.name for node in tree.body if isinstance(node, ast.ClassDef)}:
            house.class_names[name].append(str(where))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            # By name alone, so that a class may move; of two of one name the bigger one counts.
            house.class_lines[node.name] = max(_lines(node), house.class_lines.get(node.name, 0))
            attributes = len(set(_attributes(node)))
            house.class_attributes[node.name] = max(attributes, house.class_attributes.get(node.name, 0))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{where.stem}.{node.name}"
            house.functions[name] = max(_lines(node), house.functions.get(name, 0))


def _lines(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _attributes(node: ast.ClassDef) -> Iterator[str]:
    """What the body declares (fields and slots) and what the methods assign to their first parameter."""
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            if "ClassVar" not in ast.unparse(statement.annotation):
                yield statement.target.id
        elif isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__slots__":
            yield from (str(one.value) for one in ast.walk(statement.value) if isinstance(one, ast.Constant))
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.args.args:
            if {"staticmethod", "classmethod"} & {ast.unparse(one) for one in statement.decorator_list}:
                continue
            own = statement.args.args[0].arg
            yield from (
                one.attr
                for one in ast.walk(statement)
                if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store) and ast.unparse(one.value) == own
            )


# Circles


def imports_of(root: Path) -> Imports:
    """Ask grimp, in a process of its own: a checkout that is imported already could not be told from another."""
    command = [sys.executable, "-m", "benchmarks.house", "--imports", str(root.resolve())]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    asked = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if asked.returncode:
        raise SystemExit(f"no imports of {root}: {asked.stderr}")
    return {module: frozenset(found) for module, found in json.loads(asked.stdout).items()}


def _print_imports(root: Path) -> None:
    sys.path[:0] = [str(root / "src"), str(root)]
    graph = grimp.build_graph(*ROOTS, cache_dir=None)
    json.dump({one: sorted(graph.find_modules_directly_imported_by(one)) for one in sorted(graph.modules)}, sys.stdout)


def circles(imports: Imports) -> list[list[str]]:
    """Modules that import each other, each group by its names; imports of a package's ``__init__`` count."""
    reached = {one: _reached(one, imports) for one in imports}
    groups = {frozenset(other for other in reached[one] if one in reached[other]) for one in imports}
    return sorted(sorted(group) for group in groups if group)


def sibling_circles(imports: Imports) -> list[list[str]]:
    """In each package, the children that need each other, each with all that is beneath it."""
    found = []
    for package in sorted({one.rpartition(".")[0] for one in imports} - {""}):
        children: dict[str, set[str]] = defaultdict(set)
        for importer, imported in edges(imports):
            here, there = (_child(package, one) for one in (importer, imported))
            if here and there and here != there:
                children[here].add(there)
                children[there] |= set()
        found += circles({name: frozenset(needed) for name, needed in children.items()})
    return found


def _child(package: str, module: str) -> str:
    """The child of a package that a module is or is in; nothing if it is neither."""
    head, dot, rest = module[: len(package)], module[len(package) : len(package) + 1], module[len(package) + 1 :]
    return f"{package}.{rest.partition('.')[0]}" if (head, dot) == (package, ".") else ""


def edges(imports: Imports) -> Iterator[tuple[str, str]]:
    """Every import: who, and whom."""
    return ((importer, imported) for importer, all_of in imports.items() for imported in sorted(all_of))


def without(imports: Imports, removed: Iterable[tuple[str, str]]) -> Imports:
    """The same imports without some."""
    gone = set(removed)
    return {one: frozenset(to for to in all_of if (one, to) not in gone) for one, all_of in imports.items()}


def _reached(start: str, imports: Imports) -> set[str]:
    """All that a module needs, itself only where it is in a circle."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = imports[waiting.pop()] - reached
        reached |= new
        waiting += new
    return reached


def ignored_imports(root: Path) -> list[tuple[str, str]]:
    """The imports that the contract against circles in pyproject.toml does not look at, because they are there yet."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (contract,) = (one for one in settings["contracts"] if one["type"] == "acyclic_siblings")
    rows = (row.partition(" -> ") for row in contract.get("ignore_imports", ()))
    return [(importer, imported) for importer, _, imported in rows]


# The ratchet


def read_ratchet(root: Path) -> dict[str, dict[str, Any]]:
    """What does not keep the limits yet: for each rule names with a number, or with the reason why it stays so."""
    listed: dict[str, dict[str, Any]] = tomllib.loads((root / RATCHET).read_text(encoding="utf-8"))
    return listed


def lowered(listed: Mapping[str, Mapping[str, Any]], house: House) -> dict[str, dict[str, Any]]:
    """The ratchet without what holds by now, and with the numbers that came down; nothing is added, nothing raised."""
    made: dict[str, dict[str, Any]] = {}
    for rule, exceeding in house.exceeding().items():
        rows = {name: was for name, was in sorted(listed.get(rule, {}).items()) if name in exceeding}
        made[rule] = {n: was if isinstance(was, str) else min(was, exceeding[n]) for n, was in rows.items()}
    return made


def write_ratchet(root: Path, listed: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the tables, with the comment that stands at the head of the file."""
    place = root / RATCHET
    head = [line for line in place.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    rows = list(head)
    for rule, names in listed.items():
        rows += ["", f"[{rule}]", *(f"{json.dumps(name)} = {json.dumps(was)}" for name, was in names.items())]
    place.write_text("\n".join(rows) + "\n", encoding="utf-8")


# The table


def _most(sizes: Mapping[str, int]) -> str:
    name, size = max(sizes.items(), key=lambda one: one[1])
    return f"{size}  {name}"


def rows_of(house: House) -> dict[str, str]:
    """What the table shows of one checkout."""
    exceeding = house.exceeding()
    rows = {
        "modules": f"{house.whole.modules}",
        "lines": f"{house.whole.lines:,}",
        "statements": f"{house.whole.statements:,}",
        "circles of modules": f"{len(house.circles)} (of {sum(map(len, house.circles))} modules)",
        "circles of siblings": f"{len(house.sibling_circles)}",
        "class names in two or more modules": f"{len(exceeding['double_names'])}",
        "longest file": _most(house.files),
        "largest class, lines": _most(house.class_lines),
        "largest class, attributes": _most(house.class_attributes),
        "longest function": _most(house.functions),
        f"modules under {LIMITS.module_lines_min} lines": f"{len(house.small)}",
        f"classes over {LIMITS.class_lines} lines": f"{len(exceeding['class_lines'])}",
        f"classes over {LIMITS.class_attributes} attributes": f"{len(exceeding['class_attributes'])}",
        f"functions over {LIMITS.function_lines} lines": f"{len(exceeding['function_lines'])}",
    }
    for name, size in sorted(house.packages.items()):
        rows[f"src: {name}"] = f"{size.lines:,} in {size.modules}"
    return rows


def _title(root: Path) -> str:
    asked = subprocess.run(
        ["git", "-C", str(root), "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or root.name


def show(console: Console, roots: Sequence[Path], *, names: bool) -> None:
    """Print the table, and the circles by name; with ``names`` also what breaks a rule."""
    houses = [measure(root) for root in roots]
    table = Table("", *(_title(root) for root in roots))
    for column in table.columns:
        column.overflow = "fold"
    columns = [rows_of(house) for house in houses]
    for row in dict.fromkeys(name for column in columns for name in column):
        table.add_row(row, *(column.get(row, "–") for column in columns))
    console.print(table)
    for root, house in zip(roots, houses, strict=True):
        for group in [*house.circles, *(one for one in house.sibling_circles if one not in house.circles)]:
            console.print(f"{_title(root)}: {' ⇄ '.join(group)}", soft_wrap=True)
        for rule, found in house.exceeding().items() if names else ():
            told = ", ".join(f"{name} {number}" for name, number in found.items())
            console.print(f"{_title(root)}: {rule}: {told or 'none'}", soft_wrap=True, highlight=False)


def main() -> int:
    """Measure, show, and lower the ratchet where that is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", type=Path, nargs="*", metavar="CHECKOUT", help="default: this one")
    parser.add_argument("--names", action="store_true", help="also what breaks a limit, by name")
    parser.add_argument("--lower", action="store_true", help=f"take out of {RATCHET} what holds by now")
    parser.add_argument("--imports", action="store_true", help="only the imports, as JSON")
    given = parser.parse_args()
    roots = given.checkouts or [ROOT]
    if given.imports:
        _print_imports(roots[0])
    elif given.lower:
        write_ratchet(roots[0], lowered(read_ratchet(roots[0]), measure(roots[0])))
    else:
        show(Console(), roots, names=given.names)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
