#!/usr/bin/env bash
# Builds and tests the models on DuckDB over the files of `cabas export`, then puts the marts where pages read them.
# Usage: tools/warehouse.sh [dbt's arguments…]   CABAS_DATA: the data folder; CABAS_FACTS: the files, if elsewhere.
set -euo pipefail
cd "$(dirname "$0")/.."
data=$(realpath -m "${CABAS_DATA:-var}")
export CABAS_FACTS="${CABAS_FACTS:-$data/objects/facts}"
export CABAS_WAREHOUSE_FILE="$data/warehouse/build.duckdb" CABAS_WAREHOUSE_SPILL="$data/warehouse/spill"
mkdir -p "$data/warehouse"
(cd warehouse && ../.venv-warehouse/bin/dbt --quiet build --target duckdb --profiles-dir . "$@")
.venv-warehouse/bin/python - "$CABAS_WAREHOUSE_FILE" "$data/warehouse/marts.duckdb" <<'PYTHON'
"""Only the marts, under their plain names, in a file of their own: whoever has the former one open keeps it."""
import os
import sys

import duckdb

built, published = sys.argv[1:]
fresh = f"{published}.{os.getpid()}"
with duckdb.connect(fresh) as connection:
    connection.execute(f"attach '{built}' as built (read_only)")
    names = connection.sql(
        "select table_name from duckdb_tables() where database_name = 'built' and schema_name = 'marts' order by 1"
    ).fetchall()
    for (name,) in names:
        connection.execute(f"create table {name} as from built.marts.{name}")
    connection.execute("detach built")
os.replace(fresh, published)
print(f"{len(names)} marts in {published}")
PYTHON
