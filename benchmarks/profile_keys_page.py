"""``docs/profile-keys.md`` from the schema of target profiles: ``python -m benchmarks.profile_keys_page`` writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from offerproof import content
from offerproof.contract import load_contract

PAGE: Final = Path(__file__).parents[1] / "docs" / "profile-keys.md"
Schema = dict[str, Any]
_KINDS: Final = {
    "string": "text",
    "text": "text",
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "array": "list",
    "object": "table",
}

_HEAD: Final = """\
# Every key of a target profile

Made from `schemas/target.json` by `python -m benchmarks.profile_keys_page`; a test keeps it so. `offerproof init`
writes a profile with most of them ([your own target](your-own-target.md)). `schema`, `name`, `environment` and
`services` are required, and a key that is not here is refused with the nearest one. What is declared is judged;
*judged by* names the clauses that hold the target to an answer of `[behaviour]`.
"""


def page() -> str:
    """The page's text."""
    schema: Schema = json.loads((content.folder("schemas") / "target.json").read_bytes())
    plain = {name: one for name, one in schema["properties"].items() if "properties" not in one}
    blocks = [_HEAD.rstrip(), "## At the top", _table(_rows("", plain))]
    for name, table in schema["properties"].items():
        if name in plain:
            continue
        blocks += [f"## [{name}]", table["description"]]
        inner = {key: _answers(one) for key, one in table["properties"].items()}
        for key in (key for key in inner if "properties" in inner[key]):
            blocks += [f"### {name}.{key}", table["properties"][key]["description"]]
            blocks += [_table(_rows(f"{name}.{key}.".removeprefix("behaviour."), inner[key]["properties"]))]
        flat = {key: one for key, one in inner.items() if "properties" not in one}
        blocks += [_table(_rows("", flat))] if flat else []
    return "\n\n".join(blocks) + "\n"


def _answers(schema: Schema) -> Schema:
    """Of a key that is "unknown" or a table, the table."""
    return next((one for one in schema.get("anyOf", ()) if "properties" in one), schema)


def _rows(place: str, properties: dict[str, Schema]) -> Iterator[list[str]]:
    judged = [(clause.id, dict(clause.declares)) for clause in load_contract().clauses.values()]
    for key, schema in properties.items():
        by = ", ".join(name for name, declares in judged if f"{place}{key}" in declares)
        yield [f"`{key}`", schema["description"], _value(schema), by]


def _value(schema: Schema) -> str:
    """What may stand there."""
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return " · ".join(f"`{word}`" for word in schema["enum"])
    if "$ref" in schema:
        return {"path": "path", "base_url": "address", "proxy": "address"}[schema["$ref"].rpartition("/")[2]]
    kinds = schema.get("type", "text")
    if isinstance(kinds, list):
        return "an answer"
    least, most = schema.get("minimum"), schema.get("maximum")
    span = f" {least:,} to {most:,}" if least is not None and most is not None else ""
    return _KINDS[str(kinds)] + span


def _table(rows: Iterator[list[str]]) -> str:
    found = list(rows)
    width = 4 if any(row[3] for row in found) else 3
    head = ["key", "says", "value", "judged by"]
    lines = [head, ["---"] * 4, *found]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line[:width])} |" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
