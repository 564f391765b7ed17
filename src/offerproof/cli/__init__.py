"""The command line: one module per command, imported only when that command is called.

A command is a ``click`` command named ``command`` in ``offerproof.cli.<name>``; its function returns an ``ExitCode``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import cast

import click

from offerproof import __version__
from offerproof.errors import ExitCode, OfferproofError

COMMANDS = {
    "certify": "Does the target keep the contract? With no target: starts its own simulator.",
    "load": "Does it hold the load, and is it still right under it?",
    "simulate": "A faithful server to develop against.",
    "replay": "Show a finding again, on fresh data.",
    "report": "Show a run as text, HTML, JUnit, Markdown or JSON.",
    "compare": "What moved between two runs.",
    "explain": "What a clause says, where it is written, how it is tested.",
    "clauses": "All clauses, a line each.",
    "selfcheck": "Can the judge be trusted? Every planted defect must be caught.",
}


class _Lazy(click.Group):
    """Imports a command's module when it is asked for, so that ``--help`` costs nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return cast(click.Command, import_module(f"offerproof.cli.{cmd_name}").command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="offerproof")
def offerproof() -> None:
    """Certify, load-test and simulate the loyalty-offer API.

    Exit codes: 0 conforms, 1 does not, 2 called wrongly, 3 could not judge.
    """


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; our own errors become one line and a hint on standard error."""
    try:
        code = offerproof.main(args=None if argv is None else list(argv), prog_name="offerproof", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return int(stop.exit_code)
    except click.Abort:
        click.echo("offerproof: interrupted", err=True)
        return int(ExitCode.NOT_JUDGED)
    except click.ClickException as wrong:
        wrong.show()
        return int(ExitCode.MISUSE)
    except OfferproofError as problem:
        click.echo(f"offerproof: {problem.message}", err=True)
        if problem.hint:
            click.echo(f"  hint: {problem.hint}", err=True)
        return int(problem.exit_code)
    return int(code) if isinstance(code, int) else int(ExitCode.OK)


if __name__ == "__main__":
    sys.exit(main())
