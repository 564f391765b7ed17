#!/usr/bin/env bash
# Validates the samples in reports/sample as SARIF and HAR with validators that others wrote, from npm:
# Microsoft's sarif-multitool (its own rules and the schema of OASIS) and har-validator (the schema of HAR 1.2).
# The pipelines of examples/ci are held against the schemas of their build servers (check-jsonschema, from PyPI).
# Each validator must also refuse the same document with a fault in it. Needs node, npm and Python on Linux (x64).
#
#     bash benchmarks/formats_are_valid.sh
set -euo pipefail
samples=$(cd "$(dirname "$0")/../reports/sample" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @microsoft/sarif-multitool-linux@5 har-validator@5 >/dev/null 2>&1
chmod +x node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

sarif() { # exit 0: no error; warnings are shown
  node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool validate "$1" --level "Error;Warning" >told 2>&1 || return 1
  grep --extended-regexp '(error|warning) (SARIF|JSON)[0-9]+' told || true
  ! grep --extended-regexp --quiet 'error (SARIF|JSON)[0-9]+' told
}
har() {
  node -e 'require("har-validator/lib/promise").har(JSON.parse(require("fs").readFileSync(process.argv[1])))
    .catch((e) => { console.log(JSON.stringify((e.errors || [e.message])[0])); process.exit(1) })' "$1"
}

for file in failing/certificate.sarif load/report.sarif; do
  sarif "$samples/$file" && echo "valid: $file"
done
har "$samples/failing/certificate.har" && echo "valid: failing/certificate.har"

python3 -m venv schemas
schemas/bin/pip install --quiet --disable-pip-version-check check-jsonschema==0.39.0
for pair in github.yml=github-workflows gitlab.yml=gitlab-ci azure.yml=azure-pipelines; do
  schemas/bin/check-jsonschema --builtin-schema "vendor.${pair#*=}" "$samples/../../examples/ci/${pair%=*}" >/dev/null
  echo "valid: examples/ci/${pair%=*}"
done

sed 's/"columnKind"/"kindOfColumns"/' "$samples/failing/certificate.sarif" >wrong.sarif
sed 's/"httpVersion"/"version"/' "$samples/failing/certificate.har" >wrong.har
if sarif wrong.sarif || har wrong.har; then
  echo "a validator takes what is wrong" >&2
  exit 1
fi
echo "SARIF and HAR validators refuse a document with a fault"
