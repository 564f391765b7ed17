#!/usr/bin/env bash
# A Parquet file of pyarrow has other values in JavaScript: 3,000,000,000 points are -1294967296 for parquetjs and an amount is five raw bytes; hyparquet loses a cent.
# Packages: pyarrow 26.0.1 from PyPI; @dsnp/parquetjs 1.8.8, hyparquet 1.33.0 from npm
# Expected: a file says what its columns are, so that a reader gives the values that were written, or says that it does not know the kind.
# Happens: parquetjs knows no unsigned numbers of 32 and 64 bits and hands out decimals as their unscaled bytes, a list as {list: [{element}]}, an instant in
#   nanoseconds as a number. hyparquet makes a double of each decimal and a number or a bigint of a time, without its unit. Both drop
#   microseconds where they make a date of an instant.
# Matters: the balances that a data team exports are negative, or one cent off, in the job that reads them, and nothing is refused.
# Output seen:
#> points uint32: parquetjs -1294967296, hyparquet 3000000000
#> id uint64: parquetjs -1n, hyparquet 18446744073709551615n
#> price decimal: parquetjs bytes 00000007c6, hyparquet 19.9
#> balance decimal: parquetjs bytes 0020000000000001, hyparquet 90071992547409.92
#> at microseconds: parquetjs 2026-01-31T10:00:00.123Z, hyparquet 2026-01-31T10:00:00.123Z
#> at nanoseconds: parquetjs 1769853600123456000n, hyparquet 2026-01-31T10:00:00.123Z
#> opens milliseconds: parquetjs 34200000, hyparquet 34200000
#> opens microseconds: parquetjs 34200000000n, hyparquet 34200000000n
#> codes list: parquetjs {"list":[{"element":"A"},{"element":"B"}]}, hyparquet ["A","B"]
#> no codes list: parquetjs {"list":null}, hyparquet []
#> card dictionary: parquetjs "0018", hyparquet "0018"
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check pyarrow==26.0.1
npm install --silent --no-audit --no-fund --prefix "$work" @dsnp/parquetjs@1.8.8 hyparquet@1.33.0 >/dev/null
cd "$work"
cat >write.py <<'PROGRAM'
import datetime
import decimal

import pyarrow as pa
from pyarrow import parquet

at = datetime.datetime(2026, 1, 31, 10, 0, 0, 123456, datetime.timezone.utc)
columns = {
    "points uint32": pa.array([3_000_000_000], pa.uint32()),
    "id uint64": pa.array([2**64 - 1], pa.uint64()),
    "price decimal": pa.array([decimal.Decimal("19.90")], pa.decimal128(10, 2)),
    "balance decimal": pa.array([decimal.Decimal("90071992547409.93")], pa.decimal128(18, 2)),
    "at microseconds": pa.array([at], pa.timestamp("us", tz="Europe/Berlin")),
    "at nanoseconds": pa.array([at], pa.timestamp("ns", tz="UTC")),
    "opens milliseconds": pa.array([datetime.time(9, 30)], pa.time32("ms")),
    "opens microseconds": pa.array([datetime.time(9, 30)], pa.time64("us")),
    "codes list": pa.array([["A", "B"]], pa.list_(pa.string())),
    "no codes list": pa.array([[]], pa.list_(pa.string())),
    "card dictionary": pa.array(["0018"]).dictionary_encode(),
}
parquet.write_table(pa.table(columns), "sales.parquet", compression="none")
PROGRAM
cat >read.mjs <<'PROGRAM'
import parquetjs from "@dsnp/parquetjs";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";

const shown = (value) => {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (typeof value === "bigint") return `${value}n`;
  return JSON.stringify(value);
};
const [hyparquet] = await parquetReadObjects({ file: await asyncBufferFromFile("sales.parquet") });
const reader = await parquetjs.ParquetReader.openFile("sales.parquet");
const row = await reader.getCursor().next();
for (const name of Object.keys(hyparquet)) {
  console.log(`${name}: parquetjs ${shown(row[name])}, hyparquet ${shown(hyparquet[name])}`);
}
await reader.close();
PROGRAM
env/bin/python write.py
node read.mjs >seen
if ! diff <(echo "$expected") "$work/seen"; then
  echo "binary-parquet-points: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
