"""What may be made of an expression: the small faults, one kind after the other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

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
ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
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
WORDED: Final = {"Refused", "Malformed", "NotJson", "Misuse", "AssertionError"}
"""Calls whose arguments are words."""


def others(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Every fault of an expression itself: its kind, and what stands there instead."""
    match node:
        case ast.Compare():
            yield from _compared(node)
        case ast.BoolOp():
            yield from _joined(node)
        case ast.UnaryOp(op=ast.Not()):
            yield "not removed", node.operand
        case ast.UnaryOp(op=ast.USub()):
            yield "sign removed", node.operand
        case ast.BinOp() if type(node.op) in ARITHMETIC and not _is_text_sum(node):
            yield "arithmetic", ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
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
    name = called(node)
    if name in WORDED:
        return
    if isinstance(node.func, ast.Name) and name in _OTHER_FUNCTION:
        yield "other function", ast.Call(ast.Name(_OTHER_FUNCTION[name], ast.Load()), node.args, node.keywords)
    if name == "reversed":
        yield "order", ast.Call(ast.Name("iter", ast.Load()), node.args, node.keywords)
    if isinstance(node.func, ast.Attribute) and node.func.attr in _TIDYING and not node.args:
        yield "tidying removed", node.func.value
    for number, (one, other) in enumerate(zip(node.args, node.args[1:], strict=False)):
        if isinstance(one, ast.Starred) or isinstance(other, ast.Starred) or ast.dump(one) == ast.dump(other):
            continue
        args = [*node.args]
        args[number], args[number + 1] = other, one
        yield "arguments swapped", ast.Call(node.func, args, node.keywords)
    if name[:1].isupper() and name != "Decimal":
        for at, keyword in enumerate(node.keywords):
            if not is_none(keyword.value):
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


def _is_text_sum(node: ast.BinOp) -> bool:
    sides = (node.left, node.right)
    return any(isinstance(side, ast.Constant) and isinstance(side.value, str | bytes) for side in sides)


def _is_read(node: ast.List | ast.Tuple | ast.Set) -> bool:
    return isinstance(node, ast.Set) or isinstance(node.ctx, ast.Load)


def _empty(node: ast.List | ast.Set) -> ast.expr:
    if isinstance(node, ast.List):
        return ast.List([], ast.Load())
    return ast.Call(ast.Name("set", ast.Load()), [], [])


def is_none(node: ast.expr) -> bool:
    """Whether it is the constant None."""
    return isinstance(node, ast.Constant) and node.value is None


def called(node: ast.Call) -> str:
    """The last part of the name of what is called, "" when it has none."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
