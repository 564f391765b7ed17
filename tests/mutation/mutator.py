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

Node = ast.AST
Place = Callable[[ast.AST], None]
"""Puts another node where a node stands."""

_BOUNDARY: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_OPPOSITE: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
}
_OTHER_FUNCTION: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
_TIDYING: Final = {"lower", "upper", "strip"}
_NOTHING: Final = "(nothing)"
_WORDED: Final = {"Refused", "Malformed", "NotJson", "Misuse", "AssertionError"}
_SILENT: Final = {"_tell", "events.add", "stderr.write"}
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
    if isinstance(node, ast.Call) and isinstance(other, ast.Call):
        for mine, theirs in zip(node.keywords, other.keywords, strict=True):
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
        if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
            yield self.fault("returns None", node, ast.Return(ast.Constant(None)), put)
        if isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC:
            other = ast.AugAssign(node.target, _ARITHMETIC[type(node.op)](), node.value)
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
        for operator, other in _others(node):
            yield self.fault(operator, node, other, put)
        if isinstance(node, ast.Call) and _called(node) in _WORDED:
            if node.args and _called(node) == "Refused":
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


# What may be made of an expression


def _others(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Compare():
            yield from _compared(node)
        case ast.BoolOp():
            yield from _joined(node)
        case ast.UnaryOp(op=ast.Not()):
            yield "not removed", node.operand
        case ast.UnaryOp(op=ast.USub()):
            yield "sign removed", node.operand
        case ast.BinOp() if type(node.op) in _ARITHMETIC and not _is_text_sum(node):
            yield "arithmetic", ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right)
        case ast.Constant():
            yield from _constants(node)
        case ast.Call():
            yield from _calls(node)
        case ast.Dict() if node.keys:
            yield from _members(node)
        case ast.List() | ast.Tuple() | ast.Set() if node.elts and _is_read(node):
            yield "empty collection", ast.Tuple([], ast.Load()) if isinstance(node, ast.Tuple) else _empty(node)
        case ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp():
            yield from _comprehensions(node)
        case ast.Subscript(slice=ast.Slice() as part):
            yield from _slices(node, part)


def _compared(node: ast.Compare) -> Iterator[tuple[str, ast.expr]]:
    for number, operator in enumerate(node.ops):
        for name, table in (("boundary", _BOUNDARY), ("comparison", _OPPOSITE)):
            if type(operator) in table:
                changed: list[ast.cmpop] = [*node.ops]
                changed[number] = table[type(operator)]()
                yield name, ast.Compare(node.left, changed, node.comparators)


def _joined(node: ast.BoolOp) -> Iterator[tuple[str, ast.expr]]:
    yield "and/or", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for number in range(len(node.values)):
        rest = [value for at, value in enumerate(node.values) if at != number]
        yield "operand dropped", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _constants(node: ast.Constant) -> Iterator[tuple[str, ast.expr]]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", ast.Constant(not value)
    elif isinstance(value, int):
        yield "constant", ast.Constant(value + 1)
        yield "constant", ast.Constant(value - 1)
    elif isinstance(value, str):
        yield "constant", ast.Constant(f"{value}_")
    elif isinstance(value, bytes) and value not in (b" ", b"\r\n"):
        yield "constant", ast.Constant(value + b"_")


def _calls(node: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    called = _called(node)
    if called in _WORDED:
        return
    if isinstance(node.func, ast.Name) and called in _OTHER_FUNCTION:
        yield "other function", ast.Call(ast.Name(_OTHER_FUNCTION[called], ast.Load()), node.args, node.keywords)
    if called == "reversed":
        yield "order", ast.Call(ast.Name("iter", ast.Load()), node.args, node.keywords)
    if isinstance(node.func, ast.Attribute) and node.func.attr in _TIDYING and not node.args:
        yield "tidying removed", node.func.value
    for number, (one, other) in enumerate(zip(node.args, node.args[1:], strict=False)):
        if isinstance(one, ast.Starred) or isinstance(other, ast.Starred) or ast.dump(one) == ast.dump(other):
            continue
        args = [*node.args]
        args[number], args[number + 1] = other, one
        yield "arguments swapped", ast.Call(node.func, args, node.keywords)
    if called[:1].isupper() and called != "Decimal":
        for at, keyword in enumerate(node.keywords):
            if not _is_none(keyword.value):
                keywords = [*node.keywords]
                keywords[at] = ast.keyword(keyword.arg, ast.Constant(None))
                yield "member dropped", ast.Call(node.func, node.args, keywords)


def _members(node: ast.Dict) -> Iterator[tuple[str, ast.expr]]:
    for number, key in enumerate(node.keys):
        if key is not None:
            keys = [one for at, one in enumerate(node.keys) if at != number]
            values = [one for at, one in enumerate(node.values) if at != number]
            yield "member dropped", ast.Dict(keys, values)


def _comprehensions(
    node: ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp,
) -> Iterator[tuple[str, ast.expr]]:
    yield "empty collection", ast.Dict([], []) if isinstance(node, ast.DictComp) else ast.Tuple([], ast.Load())
    first = node.generators[0]
    for number in range(len(first.ifs)):
        ifs = [one for at, one in enumerate(first.ifs) if at != number]
        generators = [ast.comprehension(first.target, first.iter, ifs, first.is_async), *node.generators[1:]]
        if isinstance(node, ast.DictComp):
            yield "filter dropped", ast.DictComp(node.key, node.value, generators)
        else:
            yield "filter dropped", type(node)(node.elt, generators)


def _slices(node: ast.Subscript, part: ast.Slice) -> Iterator[tuple[str, ast.expr]]:
    for lower, upper in ((None, part.upper), (part.lower, None)):
        if (lower, upper) != (part.lower, part.upper):
            yield "slice", ast.Subscript(node.value, ast.Slice(lower, upper, part.step), ast.Load())


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


def _is_text_sum(node: ast.BinOp) -> bool:
    sides = (node.left, node.right)
    return any(isinstance(side, ast.Constant) and isinstance(side.value, str | bytes) for side in sides)


def _is_read(node: ast.List | ast.Tuple | ast.Set) -> bool:
    return isinstance(node, ast.Set) or isinstance(node.ctx, ast.Load)


def _empty(node: ast.List | ast.Set) -> ast.expr:
    if isinstance(node, ast.List):
        return ast.List([], ast.Load())
    return ast.Call(ast.Name("set", ast.Load()), [], [])


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _ends(node: ast.Call, names: set[str]) -> bool:
    """Whether what is called ends like one of the names."""
    called = ast.unparse(node.func)
    return any(called == name or called.endswith(f".{name}") for name in names)
