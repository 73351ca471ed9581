"""Parquet files that notice their own damage: checksums in every page, and what they are in their metadata."""

import io
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.files import write_atomic


def write_checked(file: Path, table: pa.Table, facts: Mapping[str, str]) -> None:
    """Writes a table in one step; equal tables and facts give equal bytes.

    Args:
        file: Where to.
        table: What to write.
        facts: What it belongs to, for `read_checked`.
    """
    buffer = io.BytesIO()
    table = table.replace_schema_metadata(dict(facts))
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    write_atomic(file, buffer.getvalue())


def read_checked(file: Path, facts: Mapping[str, str]) -> pa.Table | None:
    """Reads a table; `None` if it is not there, damaged or belongs to something else."""
    try:
        with pq.ParquetFile(file, page_checksum_verification=True) as opened:
            table = opened.read(use_threads=False)
    except (OSError, pa.ArrowException, ValueError):
        return None
    found = table.schema.metadata or {}
    return table if all(found.get(key.encode()) == text.encode() for key, text in facts.items()) else None
