#!/usr/bin/env bash
# A card number that PyYAML writes comes back as another one from other YAML readers when it has a leading zero and an 8 or 9: 0018 becomes 18.
# Packages: PyYAML 6.0.4, ruamel.yaml 0.19.1 from PyPI; yaml 2.9.1, js-yaml 5.5.0 from npm
# Expected: a text that one YAML library writes, quoted where it could be taken for a number, is the same text for every other one.
# Happens: PyYAML quotes what YAML 1.1 takes for a number: 0012 (octal) is quoted and 0018 is not, and 12E5 is not. YAML 1.2 readers take both
#   for numbers. The other way round they leave 12:30 and 1_000 without quotes, which PyYAML takes for 750 and 1000; js-yaml quotes for both.
# Matters: a recording or a test's data with card numbers, made in Python and replayed in JavaScript, asks for other customers.
# Output seen:
#> PyYAML writes 0012 as '0012', 0018 as 0018, 12E5 as 12E5, 12:30 as '12:30', 1_000 as '1_000'
#> PyYAML to ruamel.yaml: 0018 -> 18, 12E5 -> 1200000.0
#> PyYAML to yaml: 0018 -> 18, 12E5 -> 1200000
#> PyYAML to js-yaml: 0018 -> 18, 12E5 -> 1200000
#> ruamel.yaml to PyYAML: 12:30 -> 750
#> yaml to PyYAML: 12:30 -> 750, 1_000 -> 1000
#> js-yaml to PyYAML: all as written
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check pyyaml==6.0.4 ruamel.yaml==0.19.1
npm install --silent --no-audit --no-fund --prefix "$work" yaml@2.9.1 js-yaml@5.5.0 >/dev/null
cd "$work"
cat >write.py <<'PROGRAM'
import yaml
from ruamel.yaml import YAML

texts = ["0012", "0018", "12E5", "12:30", "1_000"]
with open("pyyaml.yaml", "w") as file:
    yaml.safe_dump(texts, file)
with open("ruamel.yaml", "w") as file:
    YAML(typ="safe").dump(texts, file)
lines = [line[2:].strip() for line in open("pyyaml.yaml")]
print("PyYAML writes", ", ".join(f"{text} as {line}" for text, line in zip(texts, lines)))
read = YAML(typ="safe").load(open("pyyaml.yaml"))
print("PyYAML to ruamel.yaml:", ", ".join(f"{text} -> {seen}" for text, seen in zip(texts, read) if text != seen))
PROGRAM
cat >both.mjs <<'PROGRAM'
import { readFileSync, writeFileSync } from "node:fs";
import * as jsYaml from "js-yaml";
import * as yaml from "yaml";

const texts = ["0012", "0018", "12E5", "12:30", "1_000"];
const readers = { yaml: yaml.parse, "js-yaml": jsYaml.load };
for (const [name, read] of Object.entries(readers)) {
  const seen = read(readFileSync("pyyaml.yaml", "utf8"));
  console.log(`PyYAML to ${name}:`, texts.flatMap((text, n) => (text === seen[n] ? [] : [`${text} -> ${seen[n]}`])).join(", "));
}
writeFileSync("yaml.yaml", yaml.stringify(texts));
writeFileSync("js-yaml.yaml", jsYaml.dump(texts));
PROGRAM
cat >read.py <<'PROGRAM'
import yaml

texts = ["0012", "0018", "12E5", "12:30", "1_000"]
for name in ("ruamel.yaml", "yaml", "js-yaml"):
    read = yaml.safe_load(open(name if name.endswith(".yaml") else f"{name}.yaml"))
    print(f"{name} to PyYAML:", ", ".join(f"{text} -> {seen}" for text, seen in zip(texts, read) if text != seen) or "all as written")
PROGRAM
{
  "$work/env/bin/python" write.py
  node both.mjs
  "$work/env/bin/python" read.py
} >seen
if ! diff <(echo "$expected") seen; then
  echo "recording-yaml-card-numbers: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
