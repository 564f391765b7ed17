#!/usr/bin/env bash
# A share of 2.5 points is 3 in DuckDB and 2 in Polars, pandas and Arrow, 2.675 is 2.67 and 2.68, and the mean of 0.10, 0.20 and 0.30 EUR is no 0.20.
# Packages: duckdb 2.0.1, polars 2.1.0, pandas 2.3.3, pyarrow 26.0.1 from PyPI
# Expected: the tools of a report round halves alike, at least the exact ones among them, and the mean of exact decimals is a decimal.
# Happens: DuckDB rounds halves away from zero, except when a double becomes an integer, then to even; the others to even. The double 2.675 is a little
#   less than it says: DuckDB sees that, the others round it up. Exact decimals: DuckDB away from zero, Polars and Arrow to even. Only Arrow's mean
#   of decimals is one; DuckDB and pandas give 0.19999999999999998.
# Matters: the points that a report adds up differ from those that the till granted, by tool and by the type of the column.
# Output seen:
#> 2.5 to 0 digits, double: DuckDB 3, Polars 2, pandas 2, Arrow 2
#> 3.5 to 0 digits, double: DuckDB 4, Polars 4, pandas 4, Arrow 4
#> -2.5 to 0 digits, double: DuckDB -3, Polars -2, pandas -2, Arrow -2
#> 0.125 to 2 digits, double: DuckDB 0.13, Polars 0.12, pandas 0.12, Arrow 0.12
#> 2.675 to 2 digits, double: DuckDB 2.67, Polars 2.68, pandas 2.68, Arrow 2.68
#> 1.005 to 2 digits, double: DuckDB 1, Polars 1, pandas 1, Arrow 1
#> 2.665 to 2 digits, decimal: DuckDB 2.67, Polars 2.66, Arrow 2.66
#> 2.675 to 2 digits, decimal: DuckDB 2.68, Polars 2.68, Arrow 2.68
#> -2.665 to 2 digits, decimal: DuckDB -2.67, Polars -2.66, Arrow -2.66
#> 2.5 to an integer: DuckDB 3 from a decimal, 2 from a double
#> mean of 0.10, 0.20, 0.30: DuckDB float 0.19999999999999998, Polars float 0.2, Arrow Decimal 0.20, pandas float64 0.19999999999999998
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.1 polars==2.1.0 pandas==2.3.3 pyarrow==26.0.1
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
from decimal import Decimal

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.compute


def duck(question):
    return duckdb.sql(f"select {question}").fetchall()[0][0]


def arrow(value, digits):
    return pyarrow.compute.round(pyarrow.scalar(value), digits).as_py()


for text, digits in [("2.5", 0), ("3.5", 0), ("-2.5", 0), ("0.125", 2), ("2.675", 2), ("1.005", 2)]:
    number = float(text)
    doubles = {
        "DuckDB": duck(f"round({text}::double, {digits})"), "Polars": polars.Series([number]).round(digits)[0],
        "pandas": pandas.Series([number]).round(digits)[0], "Arrow": arrow(number, digits),
    }
    print(f"{text} to {digits} digits, double:", ", ".join(f"{name} {float(value):g}" for name, value in doubles.items()))
for text in ("2.665", "2.675", "-2.665"):
    exact = {
        "DuckDB": duck(f"{text}::decimal(10, 2)"),
        "Polars": polars.Series([Decimal(text)]).cast(polars.Decimal(10, 2))[0],
        "Arrow": arrow(Decimal(text), 2),
    }
    print(f"{text} to 2 digits, decimal:", ", ".join(f"{name} {value.quantize(Decimal('0.01'))}" for name, value in exact.items()))
print("2.5 to an integer: DuckDB", duck("2.5::decimal(2, 1)::integer"), "from a decimal,", duck("2.5::double::integer"), "from a double")
amounts = [Decimal("0.10"), Decimal("0.20"), Decimal("0.30")]
means = {
    "DuckDB": duck("avg(x) from (values (0.10::decimal(4, 2)), (0.20), (0.30)) as t(x)"),
    "Polars": polars.Series(amounts, dtype=polars.Decimal(4, 2)).mean(),
    "Arrow": pyarrow.compute.mean(pyarrow.array(amounts)).as_py(),
    "pandas": pandas.Series(amounts).mean(),
}
print("mean of 0.10, 0.20, 0.30:", ", ".join(f"{name} {type(value).__name__} {value}" for name, value in means.items()))
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "money-reports-round: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
