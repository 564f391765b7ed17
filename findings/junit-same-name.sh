#!/usr/bin/env bash
# A failed test is gone from the pages of xunit-viewer and Allure when another test of its name passed later, in another file or suite too.
# Packages: xunit-viewer 10.6.1, allure 3.18.0, junit-to-ctrf 0.0.14 from npm; junitparser 5.0.3 from PyPI
# Expected: two test cases are two tests: the runs of one suite for two shops, in one report or two, show a failure if one of them failed.
# Happens: the last one is what counts. xunit-viewer keeps one test of a name and class in suites of one name, over files too, and shows the text of
#   the failure under the passed test. Allure 3 takes the earlier one as a retry of the later, in suites of other names too, and calls neither
#   flaky. With the failure last both fail. junit-to-ctrf and junitparser count two tests.
# Matters: a certificate for ten shops is green when the last shop is, on the page that people look at.
# Output seen:
#> failed, then passed, in one suite: xunit-viewer 1 passed; Allure passed 1, retries 1, flaky 0; junit-to-ctrf passed 1, failed 1; junitparser tests 2, failures 1
#> passed, then failed, in one suite: xunit-viewer 1 failure; Allure failed 1, retries 1, flaky 0; junit-to-ctrf passed 1, failed 1; junitparser tests 2, failures 1
#> failed, then passed, in two files: xunit-viewer 1 passed; Allure passed 1, retries 1, flaky 0
#> failed, then passed, in two suites: xunit-viewer 1 passed, 1 failure; Allure passed 1, retries 1, flaky 0; junit-to-ctrf passed 1, failed 1; junitparser tests 2, failures 1
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check junitparser==5.0.3
npm install --silent --no-audit --no-fund --prefix "$work" xunit-viewer@10.6.1 allure@3.18.0 junit-to-ctrf@0.0.14 >/dev/null
cat >"$work/program.py" <<'PROGRAM'
import json
import re
import subprocess
from pathlib import Path

from junitparser import JUnitXml

BINARIES = Path("node_modules/.bin").resolve()
RESULTS = {
    "failed": '<testcase classname="locks" name="held once" time="1"><failure message="twice">held twice</failure></testcase>',
    "passed": '<testcase classname="locks" name="held once" time="1"/>',
}


def suite(name, *results):
    return f'<testsuite name="{name}" tests="{len(results)}">' + "".join(RESULTS[result] for result in results) + "</testsuite>"


def run(folder, *command):
    return subprocess.run([BINARIES / command[0], *command[1:]], cwd=folder, capture_output=True, text=True, timeout=120).stdout


def told(label, *files):
    folder = Path(label.replace(" ", "-"))
    folder.mkdir()
    for number, suites in enumerate(files):
        (folder / f"TEST-{number}.xml").write_text(f"<testsuites>{suites}</testsuites>")
    viewed = re.findall(r"(\d+) (passed|failure)", run(".", "xunit-viewer", "-r", folder, "-c", "-s", "false").splitlines()[-2])
    run(folder, "allure", "awesome", ".", "-o", "page")
    summary = json.loads((folder / "page/summary.json").read_text())
    counts = [f"{name} {summary['stats'][name]}" for name in ("passed", "failed", "retries") if name in summary["stats"]]
    parts = ["xunit-viewer " + ", ".join(" ".join(count) for count in sorted(viewed, key=lambda count: count[1], reverse=True))]
    parts.append(f"Allure {', '.join(counts)}, flaky {len(summary['flakyTests'])}")
    if len(files) == 1:
        run(folder, "junit-to-ctrf", "TEST-0.xml", "-o", "ctrf.json", "-t", "x")
        counts = json.loads((folder / "ctrf.json").read_text())["results"]["summary"]
        parts.append(f"junit-to-ctrf passed {counts['passed']}, failed {counts['failed']}")
        report = JUnitXml.fromfile(str(folder / "TEST-0.xml"))
        report.update_statistics()
        parts.append(f"junitparser tests {report.tests}, failures {report.failures}")
    print(f"{label}: {'; '.join(parts)}")


told("failed, then passed, in one suite", suite("shop", "failed", "passed"))
told("passed, then failed, in one suite", suite("shop", "passed", "failed"))
told("failed, then passed, in two files", suite("shop", "failed"), suite("shop", "passed"))
told("failed, then passed, in two suites", suite("shop 1", "failed") + suite("shop 2", "passed"))
PROGRAM
cd "$work"
env/bin/python program.py >seen
if ! diff <(echo "$expected") seen; then
  echo "junit-same-name: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
