"""Events at rest: Parquet by day and source, read by DuckDB."""
