"""``offerproof contract``: the contract as one file for other people's tools."""

from __future__ import annotations

import json
from pathlib import Path

import click

from offerproof.contract.single_files import FORMATS
from offerproof.errors import ExitCode
from offerproof.files import write_whole


@click.command("contract")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="openapi",
    show_default=True,
    help="; ".join(f"{name}: {about}" for name, (about, _) in FORMATS.items()) + ".",
)
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write into this file.")
def command(form: str, out: Path | None) -> ExitCode:
    """Print the API's description as one file: to generate a client from, to mock, to import.

    openapi is written for what common tools understand, with an example for each answer; openapi-bundle and jsonschema
    are our schemas word for word. postman has a folder for each service: set its url, key and secret, and api_key.
    docs/contract-files.md says which tools were tried, and what came of it.

    Nothing is asked of any target.
    """
    _, make = FORMATS[form]
    document = json.dumps(make(), indent=2)
    if out is None:
        click.echo(document)
        return ExitCode.OK
    write_whole(out, f"{document}\n", hint="choose another --out")
    return ExitCode.OK
