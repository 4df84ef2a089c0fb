"""Facts as Parquet files in object storage, one folder a day. Needs the extra ``warehouse``."""

from cabas.connectors.warehouse_parquet.files import ParquetFiles

__all__ = ["ParquetFiles"]
