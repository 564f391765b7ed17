"""What common tools make of the contract's files, in pinned versions.

    python -m benchmarks.contract_tools [--folder DIR]

Installs the tools into the folder (npm and pip must find their packages), gives them ``schemas/openapi.json`` as it is
and what ``offerproof contract`` writes, and prints a table. The two generated clients (``contract_clients/``) do the
whole workflow against ``offerproof simulate``; Prism's answers are held against our schemas. Exit code 1 when a file
that ``contract --format openapi`` or ``postman`` wrote does not do. Not part of ``make test``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from offerproof import content
from offerproof.contract.single_files import FORMATS
from offerproof.judgement import shapes
from offerproof.loadtest.generator.process import free_port
from offerproof.target import load_profile

PYTHON_TOOLS = ("openapi-python-client==0.29.1",)
NODE_TOOLS = (
    *("openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "typescript@5.9.3", "tsx@4.20.6", "@types/node@22.19.1"),
    *("@stoplight/prism-cli@5.16.0", "@apideck/portman@1.33.0", "newman@6.2.1"),
)
CLIENTS = Path(__file__).parent / "contract_clients"
SETTINGS = "--noEmit --strict --skipLibCheck --module esnext --moduleResolution bundler --target es2022 --types node"
QUIET_S = 120


class Bench:
    """The tools, where they were installed, and a simulator for the clients."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = {**os.environ, **environment}

    def run(self, *command: str, within: Path) -> tuple[bool, str]:
        """Run a command; whether it went well, and the last lines it said."""
        done = subprocess.run(
            command, cwd=within, env=self.environment, capture_output=True, text=True, timeout=QUIET_S, check=False
        )
        return done.returncode == 0, done.stdout + done.stderr

    def node(self, tool: str) -> str:
        """The program of a tool of npm."""
        return str(self.folder / "node_modules" / ".bin" / tool)

    def python(self, tool: str) -> str:
        """A program of the Python environment."""
        return str(self.folder / "python" / "bin" / tool)


def python_client(bench: Bench, file: Path, here: Path) -> tuple[bool, str]:
    """Generate a client, import all of it, do the workflow."""
    generate = ("generate", "--path", str(file), "--output-path", "offer_client", "--meta", "none")
    made, told = bench.run(bench.python("openapi-python-client"), *generate, within=here)
    if not made:
        return False, f"no client: {_last(told)}"
    walk = "import offer_client as o, pkgutil, importlib\nfor m in pkgutil.walk_packages(o.__path__, 'offer_client.'): "
    imports, told = bench.run(bench.python("python"), "-c", f"{walk}importlib.import_module(m.name)", within=here)
    if not imports:
        return False, f"cannot be imported: {_last(told)}"
    shutil.copy(CLIENTS / "workflow.py", here)
    done, told = bench.run(bench.python("python"), "workflow.py", within=here)
    return done, told if done else f"workflow ends: {_last(told)}"


def typescript_client(bench: Bench, file: Path, here: Path) -> tuple[bool, str]:
    """Generate types, check the workflow against them, do it."""
    made, told = bench.run(bench.node("openapi-typescript"), str(file), "-o", "api.d.ts", within=here)
    if not made:
        return False, f"no types: {_last(told)}"
    shutil.copy(CLIENTS / "workflow.ts", here)
    (here / "package.json").write_text('{"type": "module"}')
    (here / "node_modules").symlink_to(bench.folder / "node_modules")
    checked, told = bench.run(bench.node("tsc"), *SETTINGS.split(), "workflow.ts", within=here)
    if not checked:
        return False, f"{told.count('error TS')} type errors: {_last(told.partition(chr(10))[0])}"
    done, told = bench.run(bench.node("tsx"), "workflow.ts", within=here)
    return done, told if done else f"workflow ends: {_last(told)}"


def prism(bench: Bench, file: Path, here: Path) -> tuple[bool, str]:
    """Mock it, ask each call as documented, and hold the answers against our schemas."""
    port = free_port()
    log = here / "prism.log"
    with log.open("wb") as out, subprocess.Popen(
        [bench.node("prism"), "mock", "-p", str(port), str(file)], cwd=here, stdout=out, stderr=subprocess.STDOUT
    ) as process:  # fmt: skip
        try:
            deadline = time.monotonic() + QUIET_S
            while b"Prism is listening" not in log.read_bytes():
                if process.poll() is not None or time.monotonic() > deadline:
                    return False, f"does not start: {_last(log.read_text('utf-8', 'replace'))}"
                time.sleep(0.05)
            right = [_mocked(port, *call) for call in _documented()]
        finally:
            process.terminate()
    return all(right), f"{sum(right)} of {len(right)} answers keep our schemas"


def _documented() -> Iterator[tuple[str, str, str, Any]]:
    described = FORMATS["openapi"][1]()
    known = described["components"]["parameters"]
    for path, methods in described["paths"].items():
        for method, call in methods.items():
            parameters = [known[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in call["parameters"]]
            filled = path
            for one in parameters:
                filled = filled.replace("{" + one["name"] + "}", str(one.get("example")))
            asked = [one for one in parameters if one["in"] == "query" and "example" in one]
            query = f"?{asked[0]['name']}={asked[0]['example']}" if asked else ""
            body = call.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
            yield call["operationId"], method.upper(), filled + query, body


def _mocked(port: int, operation: str, method: str, path: str, body: Any) -> bool:
    answer = requests.request(method, f"http://127.0.0.1:{port}{path}", json=body, auth=("a", "b"), timeout=30)
    document = json.loads(answer.content, parse_float=Decimal) if answer.content else None
    wrong = shapes.check(operation, document, answer.status_code)
    return answer.status_code == 200 and shapes.claims_success(document, 200) and not wrong


def portman(bench: Bench, source: Path, here: Path) -> tuple[bool, str]:
    """Convert it into a Postman collection."""
    done, told = bench.run(bench.node("portman"), "-l", str(source), "-o", "collection.json", within=here)
    file = here / "collection.json"
    if not done or not file.exists():
        return False, f"does not convert: {_last(told)}"
    return True, f"converts: {file.read_text('utf-8').count(chr(34) + 'method' + chr(34))} requests"


def newman(bench: Bench, file: Path, here: Path) -> tuple[bool, str]:
    """Send every request of a collection to the simulator."""
    values = {f"{name}_url": bench.environment["BASE_URL"] for name in ("core", "offers", "cloudpos")}
    for name in ("core", "offers", "cloudpos"):
        values[f"{name}_key"], _, values[f"{name}_secret"] = bench.environment[name.upper()].partition(":")
    values["api_key"] = bench.environment["API_KEY"]
    given = [part for name, value in values.items() for part in ("--env-var", f"{name}={value}")]
    done, told = bench.run(bench.node("newman"), "run", str(file), *given, "--color", "off", within=here)
    answered = len(re.findall(r"\[\d{3} ", told))
    unknown = told.count("[401")
    return done and answered == len(
        list(_documented())
    ) and not unknown, f"{answered} requests answered, {unknown} by 401"


TOOLS: dict[str, tuple[Callable[[Bench, Path, Path], tuple[bool, str]], str, tuple[str, ...]]] = {
    "openapi-python-client 0.29.1": (python_client, "openapi", ("own", "openapi")),
    "openapi-typescript 7.13.0": (typescript_client, "openapi", ("own", "openapi")),
    "Prism 5.16.0": (prism, "openapi", ("own", "openapi")),
    "portman 1.33.0": (portman, "openapi", ("own", "openapi")),
    "newman 6.2.1": (newman, "postman", ("postman",)),
}
"""What is done with each tool, the file that must do, and the files it is given."""


def _last(told: str) -> str:
    lines = [line.strip() for line in told.splitlines() if line.strip(" =\x1b[0123456789m")]
    return lines[-1][:140].replace("|", "/") if lines else "nothing said"


def install(folder: Path) -> None:
    """Get the tools, unless the folder has them."""
    if not (folder / "node_modules").exists():
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), *NODE_TOOLS], check=True)
    if not (folder / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "python")], check=True)
        subprocess.run([str(folder / "python" / "bin" / "pip"), "install", "--quiet", *PYTHON_TOOLS], check=True)


@contextmanager
def simulator(folder: Path) -> Iterator[dict[str, str]]:
    """A simulator, and what the clients need to know of it, as environment variables."""
    file = folder / "simulator.toml"
    command = [sys.executable, "-m", "offerproof", "simulate", "--port", "0", "--profile-out", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        profile = load_profile(file)
        pairs = {
            name.upper(): f"{one.key.reveal()}:{one.secret.reveal()}"
            for name, one in profile.services.items()
            if one.key and one.secret
        }
        core = profile.services["core"]
        assert core.api_key
        ids = {"RETAILER": profile.ids.retailer, "STORE": profile.ids.store, "CLIENT": profile.ids.client}
        try:
            yield {"BASE_URL": core.base_url, "API_KEY": core.api_key.reveal(), **pairs, **ids}
        finally:
            process.terminate()


def main() -> int:
    """Print the table, and the transcripts of the two clients."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--folder", type=Path, help="where the tools are, or are to be, installed")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = (given.folder or Path(made) / "tools").resolve()
        folder.mkdir(parents=True, exist_ok=True)
        install(folder)
        files = {"own": content.folder("schemas") / "openapi.json"}
        for name, (_, make) in FORMATS.items():
            files[name] = Path(made) / f"{name}.json"
            files[name].write_text(json.dumps(make(), indent=2), "utf-8")
        failed = 0
        transcripts = {}
        print("| tool | file | what came of it |\n|---|---|---|")
        for tool, (use, must, tried) in TOOLS.items():
            for name in tried:
                here = Path(made) / f"{use.__name__}-{name}"
                here.mkdir()
                with simulator(here) as environment:
                    done, told = use(Bench(folder, environment), files[name], here)
                failed += name == must and not done
                if "the offer is" in told:
                    transcripts[tool] = told
                    told = "the whole workflow"
                shown = "`schemas/openapi.json`" if name == "own" else f"`--format {name}`"
                print(f"| {tool} | {shown} | {'' if done else 'fails: '}{told} |", flush=True)
        for tool, told in transcripts.items():
            print(f"\n{tool}\n\n{told}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
