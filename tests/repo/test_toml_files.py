"""Every kind of TOML file is read by one reader: wrong keys are named with their line and the nearest allowed word."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from offerproof import content
from offerproof.errors import Misuse
from offerproof.findings import read_waivers
from offerproof.loadtest.plan.scenario import load_load_profile
from offerproof.loadtest.plan.thresholds import load_thresholds
from offerproof.simulator import program_file
from offerproof.target import load_profile
from offerproof.toml_file import Document, line_of, load_toml, read_toml, steps_of

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
KINDS: dict[str, tuple[Path, Callable[[Path], Any]]] = {
    "target": (EXAMPLES / "staging.toml", lambda path: load_profile(path, {}, planning=True)),
    "program": (program_file.DEFAULT, program_file.read),
    "load_profile": (EXAMPLES / "load-profile.toml", lambda path: load_load_profile(str(path))),
    "thresholds": (EXAMPLES / "thresholds.toml", load_thresholds),
    "waivers": (EXAMPLES / "waivers.toml", read_waivers),
}
"""Schema, a right file, and what reads it."""


@pytest.fixture(params=sorted(KINDS))
def kind(request):
    return request.param


def test_every_schema_of_a_toml_file_is_one_of_these():
    api = {"run.json", "openapi.json"}
    named = {path.stem for path in content.folder("schemas").glob("*.json") if path.name not in api}
    ours = {name for name in named if "x-hint" in (content.folder("schemas") / f"{name}.json").read_text("utf-8")}
    assert ours == set(KINDS)


def test_the_example_of_every_kind_is_read(kind):
    file, read = KINDS[kind]
    assert read(file)


def test_a_byte_order_mark_at_the_beginning_is_no_error(kind, tmp_path):
    file, read = KINDS[kind]
    (tmp_path / "marked.toml").write_text(file.read_text("utf-8"), encoding="utf-8-sig")
    assert (tmp_path / "marked.toml").read_bytes().startswith(b"\xef\xbb\xbf")
    assert read(tmp_path / "marked.toml")


def test_a_misspelt_table_is_named_with_its_line_and_the_nearest_word(kind, tmp_path):
    file, read = KINDS[kind]
    schema = json.loads((content.folder("schemas") / f"{kind}.json").read_text("utf-8"))
    known = max(schema["properties"], key=len)
    lines = file.read_text("utf-8").splitlines()
    text = "\n".join([*lines, f"[{known}x]", "a = 1"])
    (tmp_path / "wrong.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Misuse) as caught:
        read(tmp_path / "wrong.toml")
    said = f"{tmp_path / 'wrong.toml'}: {known}x: unknown key; did you mean {known!r}? (line {len(lines) + 1})"
    assert caught.value.message == said


def test_what_is_no_toml_no_text_or_not_there_is_said_in_one_sentence(kind, tmp_path):
    _, read = KINDS[kind]
    file = tmp_path / "file.toml"
    with pytest.raises(Misuse, match=r"cannot read the .*No such file|there is no load profile"):
        read(file)
    file.write_text("= 1")
    with pytest.raises(Misuse, match=r"file\.toml is not TOML: .*line 1"):
        read(file)
    file.write_bytes(b'name = "\xff"')
    with pytest.raises(Misuse, match="not UTF-8"):
        read(file)
    file.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(Misuse, match="larger than 1 MiB"):
        read(file)


def test_what_a_schema_fills_in_is_valid_itself(kind):
    schema = json.loads((content.folder("schemas") / f"{kind}.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    filled = read_toml(KINDS[kind][0], kind, "the file").values
    jsonschema.Draft202012Validator(schema).validate(filled)


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("name", 2),
        ("table", 3),
        ("table.list", 4),
        ("table.list[1]", 4),
        ("table.list[1].deep", 4),
        ("rows[1]", 11),
        ("rows[1].a", 12),
        ("rows[1].missing", 11),
        ("nowhere", None),
    ],
)
def test_the_line_of_a_key_is_that_of_its_statement(key, line):
    text = """# a comment
name = 1
[table]
list = [  # of several lines
  { a = 1 },
  { deep = 2 },
]

[[rows]]
a = 1
[[rows]]
a = 2
"""
    assert line_of(text, steps_of(key)) == line


def test_thresholds_without_their_table_are_refused_with_how_they_are_written(tmp_path):
    (tmp_path / "slo.toml").write_text("[all]\np95_ms = 5\n")
    with pytest.raises(Misuse, match=r"all: unknown key") as caught:
        load_thresholds(tmp_path / "slo.toml")
    assert caught.value.hint is not None
    assert "[thresholds.all]" in caught.value.hint


def test_a_contradiction_that_no_schema_sees_has_its_line_too(tmp_path):
    text = program_file.DEFAULT.read_text("utf-8").replace("default_take = 100", "default_take = 2000")
    (tmp_path / "p.toml").write_text(text, encoding="utf-8")
    statements = enumerate(text.splitlines(), 1)
    line = next(number for number, statement in statements if statement.startswith("default_take"))
    with pytest.raises(Misuse, match=rf"paging\.default_take: must not be more than max_take \(line {line}\)"):
        program_file.read(tmp_path / "p.toml")


def test_instants_and_dates_are_texts_to_a_schema(tmp_path):
    (tmp_path / "a.toml").write_text("at = 2018-01-01T00:00:00Z\nday = 2018-01-01\n")
    document = load_toml(tmp_path / "a.toml", "the file")
    assert isinstance(document, Document)
    assert document.values == {"at": "2018-01-01T00:00:00+00:00", "day": "2018-01-01"}


def test_a_secret_file_with_a_byte_order_mark_holds_the_secret_alone(tmp_path):
    text = (EXAMPLES / "staging.toml").read_text("utf-8")
    key = 'key_env = "STAGING_CORE_KEY"'
    assert key in text
    (tmp_path / "t.toml").write_text(text.replace(key, 'key_file = "core.key"'), encoding="utf-8")
    (tmp_path / "core.key").write_text("of-the-file\n", encoding="utf-8-sig")
    core = load_profile(tmp_path / "t.toml", {}, planning=True).services["core"]
    assert core.key is not None
    assert core.key.reveal() == "of-the-file"


def test_what_is_nested_too_deeply_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "file.toml"
    for text in ("a = " + "[" * 5_000 + "]" * 5_000, "a." * 300 + "a = 1", "[a" + " . 'a'" * 300 + "]"):
        file.write_text(text)
        with pytest.raises(Misuse, match="nested too deeply"):
            load_toml(file, "the file")


def test_a_number_of_too_many_digits_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "file.toml"
    file.write_text("a = " + "9" * 5_000)
    with pytest.raises(Misuse, match=r"file\.toml holds a number that is too long"):
        load_toml(file, "the file")
