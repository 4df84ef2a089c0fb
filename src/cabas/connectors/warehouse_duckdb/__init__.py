"""The marts, read from the file that `make warehouse` puts into place. Needs the extra ``warehouse``."""

from cabas.connectors.warehouse_duckdb.marts import FORECAST_FILE, Marts, MartsAbsent

__all__ = ["FORECAST_FILE", "Marts", "MartsAbsent"]
