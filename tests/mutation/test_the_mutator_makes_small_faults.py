"""Literal source in, literal faults out."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import offerproof

SOURCE = Path(offerproof.__file__).parent


def _faults(mutator: ModuleType, source: str) -> set[tuple[str, str]]:
    return {(site.operator, ast.unparse(mutator.mutated(source, site.index))) for site in mutator.sites(source)}


@pytest.mark.parametrize(
    ("source", "operator", "becomes"),
    [
        ("x = a < b", "boundary", "x = a <= b"),
        ("x = a < b", "comparison", "x = a >= b"),
        ("x = a == b", "comparison", "x = a != b"),
        ("x = a is None", "comparison", "x = a is not None"),
        ("x = a < b <= c", "boundary", "x = a < b < c"),
        ("x = a and b", "and/or", "x = a or b"),
        ("x = a and b", "operand dropped", "x = b"),
        ("x = not a", "not removed", "x = a"),
        ("x = -a", "sign removed", "x = a"),
        ("x = a + b", "arithmetic", "x = a - b"),
        ("x += b", "arithmetic", "x -= b"),
        ("x += b", "statement removed", "pass"),
        ("x = 7", "constant", "x = 8"),
        ("x = 7", "constant", "x = 6"),
        ("x = True", "constant", "x = False"),
        ("x = 'ok'", "constant", "x = 'ok_'"),
        ("if a:\n    b()", "condition negated", "if not a:\n    b()"),
        ("if a:\n    b()", "statement removed", "if a:\n    pass"),
        ("if a:\n    raise Refused(b)", "statement removed", "if a:\n    pass"),
        ("a.b = c", "statement removed", "pass"),
        ("def f():\n    return a", "returns None", "def f():\n    return None"),
        ("x = f(a, b)", "arguments swapped", "x = f(b, a)"),
        ("x = {'a': b, 'c': d}", "member dropped", "x = {'c': d}"),
        ("x = Thing(a=b)", "member dropped", "x = Thing(a=None)"),
        ("x = [a, b]", "empty collection", "x = []"),
        ("x = [a for a in b if c]", "filter dropped", "x = [a for a in b]"),
        ("x = min(a, b)", "other function", "x = max(a, b)"),
        ("x = a.lower()", "tidying removed", "x = a"),
        ("x = a[:9]", "slice", "x = a[:]"),
    ],
)
def test_a_fault_is_made(mutator: ModuleType, source: str, operator: str, becomes: str) -> None:
    assert (operator, becomes) in _faults(mutator, source)


@pytest.mark.parametrize(
    "source",
    [
        '"""Words."""',
        "import a",
        "from a import b",
        "assert a == 1",
        "Name = Annotated[str, 1]",
        "class A:\n    b: int = 1\n    c = 2",
        "def f(a: int = 1) -> int: ...",
        "raise_ = Malformed(where, 'a number')",
        "self._state.tell(now, 'x', 1)",
        "message = 'no such thing'",
        "if TYPE_CHECKING:\n    x = 1",
    ],
)
def test_what_decides_nothing_is_left_alone(mutator: ModuleType, source: str) -> None:
    operators = {operator for operator, _ in _faults(mutator, source)}
    assert operators == set()


def test_one_fault_changes_one_place_and_none_changes_nothing(mutator: ModuleType) -> None:
    source = "def f(a, b):\n    if a < 1 and b:\n        return a + 2\n    return [b, {'c': a}]"
    texts = [ast.unparse(mutator.mutated(source, site.index)) for site in mutator.sites(source)]
    assert ast.unparse(mutator.mutated(source, -1)) == ast.unparse(ast.parse(source))
    assert ast.unparse(ast.parse(source)) not in texts
    assert len(set(texts)) == len(texts) == 15


def test_a_fault_says_where_it_is(mutator: ModuleType) -> None:
    source = "class A:\n    def f(self, a):\n        return a > 1"
    site = next(one for one in mutator.sites(source) if one.operator == "boundary")
    assert (site.function, site.line, site.before, site.after) == ("A.f", 3, "a > 1", "a >= 1")


def test_what_is_left_out_of_the_sample_is_there(mutator: ModuleType) -> None:
    """A function that was renamed would quietly come back into the sample."""
    sampling = importlib.import_module("benchmarks.source_mutation")
    gone = [name for name in sampling.OUTSIDE if name.partition(":")[2] not in _functions(name.partition(":")[0])]
    assert gone == []


def _functions(module: str) -> set[str]:
    tree = ast.parse((SOURCE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    scopes: list[tuple[str, ast.Module | ast.ClassDef]]
    scopes = [("", tree), *((f"{node.name}.", node) for node in tree.body if isinstance(node, ast.ClassDef))]
    return {f"{lead}{node.name}" for lead, scope in scopes for node in scope.body if isinstance(node, ast.FunctionDef)}


Fault = Callable[[str, str, str], int]


@pytest.mark.parametrize(
    ("module", "before", "after", "clause"),
    [
        ("program.tiers", "points >= above.threshold", "points < above.threshold", "LOYAL"),
        ("program.life_cycle", "user_offer.state = UserOfferState.LOCKED", "(nothing)", "LOCK"),
        ("simulator.core", "user['tier_details'] = self.tier_details(customer)", "(nothing)", "CUST"),
        ("program.pricing", "price * (rule.percent or ZERO) / 100", "price * (rule.percent or ZERO) * 100", "WALLET"),
        ("simulator.idempotency", "self._answers[key] = (hash(body), answer)", "(nothing)", "IDEM"),
    ],
)
def test_a_fault_in_a_rule_is_found_over_http(
    module: str, before: str, after: str, clause: str, fault: Fault, judged: Callable[[str, int, str], str]
) -> None:
    assert judged(module, fault(module, before, after), clause) == "fails"


def test_a_simulator_loaded_without_a_fault_conforms(judged: Callable[[str, int, str], str]) -> None:
    assert judged("program.tiers", -1, "LOYAL") == "conforms"
