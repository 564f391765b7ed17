#!/usr/bin/env bash
# pandas reads the JSON texts "0018", "12E5" and "19.90" as the numbers 18, 1200000 and 19.9; DuckDB keeps a CSV card 0018 and makes a double of 12E5.
# Packages: pandas 2.3.3, polars 2.1.0, duckdb 2.0.1, pyarrow 26.0.1 from PyPI
# Expected: what is a text in JSON stays one; a CSV column that would not come back the same is read as text, by whoever guesses types.
# Happens: pandas.read_json makes numbers of texts, and dates of numbers in a column whose name ends with _at or is "date". DuckDB reads columns with leading
#   zeros as text and those with exponents as numbers; the other three read both as numbers. One A12 in the column, and all of them keep all of it.
#   03/04/2026 is the third of April for DuckDB, unasked, and for Polars, when told to look for dates; an American till means the fourth of March.
# Matters: card and article numbers of a recorded or exported sale are others in the analysis, depending on the other rows of the file.
# Output seen:
#> JSON {"card": ["0018", "0019"], "article": ["12E5", "1E3"], "total": ["19.90", "5.00"], "created_at": [1772323200, 1772323201], "visits": [1772323200, 5]}
#>   card: 18 19 pandas; '0018' '0019' Polars, DuckDB
#>   article: 1200000 1000 pandas; '12E5' '1E3' Polars, DuckDB
#>   total: 19.9 5.0 pandas; '19.90' '5.00' Polars, DuckDB
#>   created_at: 2026-03-01 00:00:00 2026-03-01 00:00:01 pandas; 1772323200 1772323201 Polars, DuckDB
#>   visits: 1772323200 5 pandas, Polars, DuckDB
#> CSV 0018,12E5,01/02/2026 0019,1E3,03/04/2026
#>   card: 18 19 pandas, Polars, Arrow; '0018' '0019' DuckDB
#>   article: 1200000.0 1000.0 pandas, Polars, DuckDB, Arrow
#>   day: '01/02/2026' '03/04/2026' pandas, Arrow; 2026-02-01 2026-04-03 Polars, DuckDB
#> CSV 0018,12E5,01/02/2026 A12,B7,13/02/2026
#>   card: '0018' 'A12' pandas, Polars, DuckDB, Arrow
#>   article: '12E5' 'B7' pandas, Polars, DuckDB, Arrow
#>   day: '01/02/2026' '13/02/2026' pandas, Arrow; 2026-02-01 2026-02-13 Polars, DuckDB
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.1 polars==2.1.0 pandas==2.3.3 pyarrow==26.0.1
cd "$work"
env/bin/python - >seen <<'PROGRAM'
import json

import duckdb
import pandas
import polars
import pyarrow.csv

JSON = {
    "pandas": lambda name: pandas.read_json(name).to_dict("list"),
    "Polars": lambda name: polars.read_json(name).to_dict(as_series=False),
    "DuckDB": lambda name: duckdb.sql(f"from '{name}'").pl().to_dict(as_series=False),
}
CSV = {
    "pandas": lambda name: pandas.read_csv(name).to_dict("list"),
    "Polars": lambda name: polars.read_csv(name, try_parse_dates=True).to_dict(as_series=False),
    "DuckDB": lambda name: duckdb.sql(f"from '{name}'").pl().to_dict(as_series=False),
    "Arrow": lambda name: pyarrow.csv.read_csv(name).to_pydict(),
}


def told(by, name):
    for column in next(iter(by.values()))(name):
        same = {}
        for reader, read in by.items():
            values = [repr(value) if isinstance(value, (str, int, float)) else str(value) for value in read(name)[column]]
            same.setdefault(" ".join(values), []).append(reader)
        print(f"  {column}:", "; ".join(f"{values} {', '.join(readers)}" for values, readers in same.items()))


columns = {
    "card": ["0018", "0019"], "article": ["12E5", "1E3"], "total": ["19.90", "5.00"],
    "created_at": [1772323200, 1772323201], "visits": [1772323200, 5],
}
with open("sales.json", "w") as file:
    json.dump([dict(zip(columns, row)) for row in zip(*columns.values())], file)
print("JSON", json.dumps(columns))
told(JSON, "sales.json")
for rows in (["0018,12E5,01/02/2026", "0019,1E3,03/04/2026"], ["0018,12E5,01/02/2026", "A12,B7,13/02/2026"]):
    with open("sales.csv", "w") as file:
        file.write("\n".join(["card,article,day", *rows, ""]))
    print("CSV", *rows)
    told(CSV, "sales.csv")
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "csv-frames-change-numbers: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
