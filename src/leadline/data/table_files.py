"""The files of a table: one file, all tables of a folder, or all that a pattern such as "part-*.parquet" names.

Comes in: a path as typed. Goes out: paths of files that are read one after the other, in the order of their names.
"""

from __future__ import annotations

from pathlib import Path

from leadline.core.errors import DataError
from leadline.core.text import listed
from leadline.data.paths import found

TABLE_ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz", ".parquet", ".pq")
PARQUET = (".parquet", ".pq")


def table_files(source: str | Path) -> list[Path]:
    """Return the files that a path stands for.

    Args:
        source: Of a file, a folder that holds tables of one kind and nothing else, or a pattern with ``*``.

    Raises:
        DataError: Nothing is there, or files of different kinds.

    Example:
        >>> for name in ("part-2.csv", "part-1.csv"):
        ...     _ = Path(name).write_text("a,b")
        >>> [file.name for file in table_files("part-*.csv")]
        ['part-1.csv', 'part-2.csv']
    """
    path = Path(source).expanduser()
    if "*" in path.name and not path.exists():
        folder, files = path.parent, sorted(path.parent.glob(path.name))
        if not files:
            raise DataError.at(
                f"data, {str(source)!r}", "a pattern that names files", f"none in {str(folder)!r}"
            )
    else:
        path = found(source)
        if not path.is_dir():
            return [path]
        files = sorted(item for item in path.iterdir() if not item.name.startswith((".", "_")))
    strange = [file.name for file in files if not file.is_file() or not _is_table(file)]
    if strange or not files:
        got = f"also {listed(strange, 4)}" if strange else "an empty folder"
        raise DataError.at(f"data, {str(source)!r}", "a folder of tables and nothing else", got)
    if len({is_parquet(file) for file in files}) > 1:
        raise DataError.at(f"data, {str(source)!r}", "tables of one kind", "text files and Parquet files")
    return files


def is_table_folder(path: Path) -> bool:
    """Tell whether a folder holds tables and nothing else."""
    inside = [item for item in path.iterdir() if not item.name.startswith((".", "_"))]
    return bool(inside) and all(item.is_file() and _is_table(item) for item in inside)


def is_parquet(file: Path) -> bool:
    """Tell a Parquet file by its name."""
    return file.name.lower().endswith(PARQUET)


def _is_table(file: Path) -> bool:
    return file.name.lower().endswith(TABLE_ENDINGS)
