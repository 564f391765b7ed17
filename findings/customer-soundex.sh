#!/usr/bin/env bash
# The Soundex code of Ashcraft is A261 for three packages, A226 for three and A2026013 for one; Lloyd, Pfister and Van Muster have two codes as well.
# Packages: natural 8.1.1, soundex-code 2.0.1, soundex 0.2.1, phonetics 1.0.7 from npm; jellyfish 1.3.0, pyphonetics 0.5.3, phonetics 1.0.5 from PyPI
# Expected: Soundex is the published code of a letter and three digits, in which h and w between two equal digits are passed over: A261.
# Happens: natural and both soundex and phonetics from npm (which writes lower case) count the two letters around h or w twice, pyphonetics the second
#   letter if it is like the first, phonetics from PyPI keeps vowels as 0 and any number of digits (and raises an error at a space). jellyfish,
#   natural and phonetics stop at, or pass over, the blank of a particle in their own ways. natural's double metaphone of Pfister has lost
#   its S; and requiring natural writes five lines of another package about environment variables to the standard output.
# Matters: a customer who was stored with the code of one package is not found by the search of another, on the same name.
# Output seen:
#> Ashcraft: A226 natural, soundex; A261 soundex-code, jellyfish, pyphonetics; a226 phonetics/npm; A2026013 phonetics/PyPI
#> Burroughs: B622 natural, soundex; B620 soundex-code, jellyfish, pyphonetics; b622 phonetics/npm; B060202 phonetics/PyPI
#> Schwarz: S620 natural, soundex-code, soundex, jellyfish; s620 phonetics/npm; S262 pyphonetics; S2062 phonetics/PyPI
#> Lloyd: L300 natural, soundex-code, soundex, jellyfish; l300 phonetics/npm; L430 pyphonetics; L403 phonetics/PyPI
#> Pfister: P236 natural, soundex-code, soundex, jellyfish; p236 phonetics/npm; P123 pyphonetics; P102306 phonetics/PyPI
#> Van Muster: V552 natural, jellyfish; V523 soundex-code, soundex, pyphonetics; v552 phonetics/npm; an error phonetics/PyPI
#> Muster: M236 natural, soundex-code, soundex, jellyfish, pyphonetics; m236 phonetics/npm; M02306 phonetics/PyPI
#> lines written by requiring natural: 5
#> double metaphone of Pfister: natural PFTR, phonetics/npm PFSTR
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check jellyfish==1.3.0 pyphonetics==0.5.3 phonetics==1.0.5
npm install --silent --no-audit --no-fund --prefix "$work" natural@8.1.1 soundex-code@2.0.1 soundex@0.2.1 phonetics@1.0.7 >/dev/null
cd "$work"
echo '["Ashcraft", "Burroughs", "Schwarz", "Lloyd", "Pfister", "Van Muster", "Muster"]' >names.json
cat >by_js.mjs <<'PROGRAM'
import { readFileSync, writeFileSync } from "node:fs";
import phonetics from "phonetics";
import soundex from "soundex";
import { soundex as soundexCode } from "soundex-code";

let noise = "";
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (text) => Boolean((noise += text));
const { default: natural } = await import("natural");
process.stdout.write = write;
const names = JSON.parse(readFileSync("names.json", "utf8"));
const codes = names.map((name) => ({
  "natural": new natural.SoundEx().process(name), "soundex-code": soundexCode(name), "soundex": soundex(name), "phonetics/npm": phonetics.soundex(name),
}));
writeFileSync("js.json", JSON.stringify(codes));
console.log(`lines written by requiring natural: ${noise.split("\n").length - 1}`);
const metaphones = [new natural.DoubleMetaphone().process("Pfister")[0], phonetics.doubleMetaphone("Pfister")[0]];
console.log(`double metaphone of Pfister: natural ${metaphones[0]}, phonetics/npm ${metaphones[1]}`);
PROGRAM
cat >by_python.py <<'PROGRAM'
import json

import jellyfish
import phonetics
import pyphonetics

by = {"jellyfish": jellyfish.soundex, "pyphonetics": pyphonetics.Soundex().phonetics, "phonetics/PyPI": phonetics.soundex}
for name, codes in zip(json.load(open("names.json")), json.load(open("js.json"))):
    for package, code in by.items():
        try:
            codes[package] = code(name)
        except IndexError:
            codes[package] = "an error"
    packages = {}
    for package, code in codes.items():
        packages.setdefault(code, []).append(package)
    print(f"{name}:", "; ".join(f"{code} {', '.join(who)}" for code, who in packages.items()))
PROGRAM
node by_js.mjs >js
env/bin/python by_python.py >seen
cat js >>seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "customer-soundex: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
