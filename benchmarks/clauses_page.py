"""The site's page of every clause, made when the site is built: ``mkdocs.yml`` names this file as a hook."""

from __future__ import annotations

from typing import Any, Final

from offerproof.contract import load_contract

NAME: Final = "clauses.md"
_HEAD: Final = """\
# Every clause

Made from `contracts/clauses.toml` when this site is built. *must* fails the target, *should* warns, *info* records a
reading of an open question. The level is the smallest that looks at it. `offerproof explain CLAUSE` says how it is
tested; [your own clauses](your-own-clauses.md) stand beside these.
"""


def page() -> str:
    """The page's text: a table for each chapter."""
    contract = load_contract()
    lines = [_HEAD]
    for chapter, title in contract.chapters.items():
        lines += [
            f"## {chapter}: {title}",
            "",
            "| clause | strength | level | says | written in |",
            "|---|---|---|---|---|",
        ]
        for clause in contract.of_chapter(chapter):
            cells = (clause.id, clause.strength, clause.level, clause.sentence, f"{clause.source}, {clause.section}")
            lines.append(f"| {' | '.join(_plain(str(cell)) for cell in cells)} |")
        lines.append("")
    return "\n".join(lines)


def on_files(files: Any, config: Any) -> Any:
    """MkDocs calls this when it has found the files of the site."""
    from mkdocs.structure.files import File

    files.append(File.generated(config, NAME, content=page()))
    return files


def _plain(text: str) -> str:
    """A text whose characters mean nothing in a table of Markdown."""
    return "".join(f"&#{ord(character)};" if character in "|<>*_`[]\\" else character for character in text)
