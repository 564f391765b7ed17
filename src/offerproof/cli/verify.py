"""``offerproof verify``: is this certificate signed by whom we trust, and does its run say so?"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from offerproof.cli import say, say_table
from offerproof.contract import RUN_FILE, utc_now
from offerproof.errors import CannotJudge, ExitCode
from offerproof.files import read_json, read_whole
from offerproof.findings import TamperedRun, read_run
from offerproof.report.attestation import disagreements, opened, read_public_key
from offerproof.report.safety import one_line


@click.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", type=click.Path(path_type=Path), required=True, metavar="PEM", help="The signer's public key.")
@click.option(
    "--run", type=click.Path(path_type=Path), metavar="RUN", help="The run file, where it does not lie beside FILE."
)
def command(file: Path, key: Path, run: Path | None) -> ExitCode:
    """Check a signed certificate (FILE, of certify --sign): signature, run file, validity; compute its verdict anew.

    Exit code 0: all of it is right, and the target conforms. 1: it is not signed by this key, says otherwise than the
    run file, or says that the target does not conform. 3: that cannot be told: the run file is missing, the
    certificate is no longer valid, or the run was not judged to its end.
    """
    public = read_public_key(key)
    text = read_whole(file, "the certificate")
    try:
        envelope = read_json(text)
    except ValueError:
        raise CannotJudge(f"{file} is no DSSE envelope: it is no JSON") from None
    statement = opened(envelope, public)
    if statement is None:
        return _wrong(f"{file} is not signed by the key in {key}")
    told = statement["predicate"]
    recorded = run or file.parent / RUN_FILE
    recorded = recorded / RUN_FILE if recorded.is_dir() else recorded
    if not recorded.exists():
        raise CannotJudge(f"the run file {recorded} is not there", hint="name it: --run RUN")
    try:
        different = list(disagreements(statement, read_run(recorded), recorded))
    except TamperedRun as problem:
        different = [problem.message]
    if different:
        return _wrong(*different)
    say(one_line(f"{told['target']['name']} ({told['target']['environment']}) at level {told['level']}"))
    known = (("build", told["target"]["build"]), ("suite", told["suite"]["version"]), ("run", told["run"]))
    rows = [(name, one_line(str(value or "not told"))) for name, value in known]
    say_table([*rows, ("valid", f"{told['validFrom'][:19]}Z to {told['validUntil'][:19]}Z")])
    if not datetime.fromisoformat(told["validFrom"]) <= utc_now() <= datetime.fromisoformat(told["validUntil"]):
        raise CannotJudge("the certificate is not valid now", hint="judge the target again")
    say(f"signed by this key, and what its run says: {told['verdict']}")
    codes = {"conforms": ExitCode.OK, "conforms so far": ExitCode.OPEN, "fails": ExitCode.FAILED}
    return codes.get(told["verdict"], ExitCode.NOT_JUDGED)


def _wrong(*told: str) -> ExitCode:
    for line in told:
        say(f"offerproof: {one_line(line)}", err=True)
    return ExitCode.FAILED
