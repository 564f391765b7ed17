"""Small faults made in Python source, one at a time: what a slip of the hand or the mind would make of a rule.

``sites(source)`` lists every fault that can be made, ``mutated(source, index)`` makes one. Both go over the syntax tree
in the same order, so an index means the same fault as long as the source is the same.

What decides nothing is left alone: docstrings, annotations, declarations in class bodies, assertions, the wording of
errors, events for the log.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tests.mutation.operators import ARITHMETIC, WORDED, called, is_none, others

Node = ast.AST
Place = Callable[[ast.AST], None]
"""Puts another node where a node stands."""

_NOTHING: Final = "(nothing)"
_SILENT: Final = {"_state.tell", "events.add", "stderr.write"}
"""Calls that say something and decide nothing."""
_COLLECTING: Final = {"problems.add"}
"""Calls that decide, in words: only they themselves can be removed."""
_NEVER: Final = {"annotation", "returns", "decorator_list", "args", "bases", "type_comment", "format_spec"}


@dataclass(frozen=True)
class Site:
    """One fault that can be made. ``function`` is the qualified name of what it stands in, "" at the top."""

    index: int
    operator: str
    line: int
    function: str
    before: str
    after: str


@dataclass(frozen=True)
class _Fault:
    operator: str
    node: ast.AST
    other: ast.AST
    put: Place
    function: str


def sites(source: str) -> list[Site]:
    """Every fault that can be made in a module's source, in the order of the tree."""
    tree = ast.parse(source)
    return [
        Site(
            index=index,
            operator=fault.operator,
            line=getattr(fault.node, "lineno", 0),
            function=fault.function,
            before=before,
            after=after,
        )
        for index, fault in enumerate(_faults(tree))
        for before, after in [_texts(fault.node, fault.other)]
    ]


def mutated(source: str, index: int) -> ast.Module:
    """The tree of a source with one fault made; none for a negative index.

    Raises:
        IndexError: there is no such fault.
    """
    tree = ast.parse(source)
    if index >= 0:
        fault = list(_faults(tree))[index]
        fault.put(fault.other)
        ast.fix_missing_locations(tree)
    return tree


def _texts(node: ast.AST, other: ast.AST) -> tuple[str, str]:
    """What stands there before and after; of a long construction only the part that is not the same."""
    if isinstance(node, ast.Dict) and isinstance(other, ast.Dict) and other.keys:
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None and key not in other.keys:
                return f"{ast.unparse(key)}: {ast.unparse(value)}", _NOTHING
    if isinstance(node, ast.Call) and isinstance(other, ast.Call) and len(node.args) == len(other.args):
        for mine, theirs in zip(node.keywords, other.keywords, strict=False):
            if mine is not theirs:
                return ast.unparse(mine), ast.unparse(theirs)
        moved = [number for number, (a, b) in enumerate(zip(node.args, other.args, strict=True)) if a is not b]
        if len(moved) == 2:
            name, first, second = ast.unparse(node.func), *(ast.unparse(node.args[number]) for number in moved)
            return f"{name}(… {first}, {second} …)", f"{name}(… {second}, {first} …)"
    return ast.unparse(node), ast.unparse(other) if not isinstance(other, ast.Pass) else _NOTHING


def _faults(tree: ast.Module) -> Iterator[_Fault]:
    """Walk the tree; the faults at a node come before those inside it. Nothing is changed while walking."""
    yield from _Walk("").block(tree, "body")


class _Walk:
    """Finds faults below a node, within one function or class."""

    def __init__(self, function: str) -> None:
        self.function = function

    def block(self, owner: ast.AST, field: str) -> Iterator[_Fault]:
        """The statements of a body."""
        for number, statement in enumerate(getattr(owner, field)):
            yield from self.statement(statement, _slot(owner, field, number))

    def statement(self, node: ast.stmt, put: Place) -> Iterator[_Fault]:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{self.function}.{node.name}".lstrip(".")
            if isinstance(node, ast.ClassDef):
                yield from _Class(inner).block(node, "body")
            elif node.name != "__repr__":
                yield from _Walk(inner).block(node, "body")
            return
        if _decides_nothing(node):
            return
        if _can_go(node):
            yield self.fault("statement removed", node, ast.Pass(), put)
        if isinstance(node, ast.Return) and node.value is not None and not is_none(node.value):
            yield self.fault("returns None", node, ast.Return(ast.Constant(None)), put)
        if isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
            other = ast.AugAssign(node.target, ARITHMETIC[type(node.op)](), node.value)
            yield self.fault("arithmetic", node, other, put)
        yield from self.children(node)

    def children(self, node: ast.AST) -> Iterator[_Fault]:
        for field, value in ast.iter_fields(node):
            if field in _NEVER:
                continue
            if field in ("targets", "target", "optional_vars", "ctx"):
                continue
            if field == "test":
                yield from self.condition(node, field)
            if isinstance(value, list):
                for number, child in enumerate(value):
                    yield from self.child(child, _slot(node, field, number))
            elif isinstance(value, ast.AST):
                yield from self.child(value, _slot(node, field))

    def child(self, node: object, put: Place) -> Iterator[_Fault]:
        if isinstance(node, ast.stmt):
            yield from self.statement(node, put)
        elif isinstance(node, ast.expr):
            yield from self.expression(node, put)
        elif isinstance(node, ast.AST):
            yield from self.children(node)

    def condition(self, owner: ast.AST, field: str) -> Iterator[_Fault]:
        """A condition turned round, where no other fault does the same."""
        test: ast.expr = getattr(owner, field)
        single = isinstance(test, ast.Compare) and len(test.ops) == 1
        if not single and not _is_not(test):
            yield self.fault("condition negated", test, ast.UnaryOp(ast.Not(), test), _slot(owner, field))

    def fault(self, operator: str, node: ast.AST, other: ast.AST, put: Place) -> _Fault:
        return _Fault(operator, node, other, put, self.function)

    # Expressions

    def expression(self, node: ast.expr, put: Place) -> Iterator[_Fault]:
        if _is_wording(node) or (isinstance(node, ast.Call) and _ends(node, _COLLECTING)):
            return
        for operator, other in others(node):
            yield self.fault(operator, node, other, put)
        if isinstance(node, ast.Call) and called(node) in WORDED:
            if node.args and called(node) == "Refused":
                yield from self.expression(node.args[0], _slot(node, "args", 0))
            return
        if isinstance(node, ast.Dict):  # a key is a name: dropping the member says as much
            for number, value in enumerate(node.values):
                yield from self.expression(value, _slot(node, "values", number))
            return
        if isinstance(node, ast.Lambda):
            yield from self.expression(node.body, _slot(node, "body"))
            return
        if isinstance(node, ast.Call):
            for number, argument in enumerate(node.args):
                yield from self.expression(argument, _slot(node, "args", number))
            yield from self.expression(node.func, _slot(node, "func"))
            for keyword in node.keywords:
                yield from self.expression(keyword.value, _slot(keyword, "value"))
            return
        yield from self.children(node)


class _Class(_Walk):
    """A class body: only its methods decide anything."""

    def block(self, owner: ast.AST, field: str) -> Iterator[_Fault]:
        for number, statement in enumerate(getattr(owner, field)):
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from self.statement(statement, _slot(owner, field, number))


def _slot(owner: ast.AST, field: str, number: int | None = None) -> Place:
    def put(other: ast.AST) -> None:
        if number is None:
            setattr(owner, field, other)
        else:
            getattr(owner, field)[number] = other

    return put


# What is left alone


def _decides_nothing(node: ast.stmt) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Assert() | ast.Pass() | ast.Global() | ast.Nonlocal():
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call() as call):
            return _ends(call, _SILENT)
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Assign(targets=[ast.Name(id=name)]):
            # type aliases and type variables are called like classes, tables of values are not
            return name[:1].isupper() and not name.isupper()
    return False


def _can_go(node: ast.stmt) -> bool:
    """Whether the code still makes sense without a statement."""
    match node:
        case ast.Expr(value=ast.Call()) | ast.Raise() | ast.AugAssign() | ast.Break() | ast.Continue() | ast.Delete():
            return True
        case ast.Expr(value=ast.YieldFrom()):
            return True
        case ast.Return(value=value):
            return value is None
        case ast.Assign(targets=targets):
            return all(isinstance(one, ast.Attribute | ast.Subscript) for one in targets)
    return False


def _is_wording(node: ast.expr) -> bool:
    """A sentence, a list of sentences, or the place in a request that a sentence names."""
    match node:
        case ast.Constant(value=str(text)):
            return " " in text or text.startswith("$")
        case ast.JoinedStr(values=parts):
            words = [str(part.value) for part in parts if isinstance(part, ast.Constant)]
            return any(" " in word or word[:1] == "$" or (word[:1] == "." and len(word) > 1) for word in words)
        case ast.List(elts=[*parts]) if parts:
            return all(_is_wording(part) for part in parts)
    return False


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _ends(node: ast.Call, names: set[str]) -> bool:
    """Whether what is called ends like one of the names."""
    words = ast.unparse(node.func)
    return any(words == name or words.endswith(f".{name}") for name in names)
