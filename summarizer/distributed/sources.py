"""Where articles come from: files of several kinds, on any filesystem, as Ray datasets of rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from summarizer.distributed.places import located
from summarizer.distributed.rows import COLUMNS, row_schema
from summarizer.errors import ConfigurationError
from summarizer.reading.files import LINES_SUFFIXES

if TYPE_CHECKING:
    import pyarrow as pa

_ARTICLES = frozenset({".txt", ".text", ".md", ".markdown", ".html", ".htm", ".xhtml", ".pdf"})
_PARQUET = frozenset({".parquet"})
_LINES_PER_BLOCK = 256


@dataclass(frozen=True)
class Group:
    """Files of one kind on one filesystem. `prefix` makes an address of a path."""

    kind: frozenset[str]
    filesystem: Any
    prefix: str
    paths: list[str]


def found(sources: Iterable[str | Path]) -> list[Group]:
    groups: dict[tuple[frozenset[str], str], Group] = {}
    for source in sources:
        filesystem, path, prefix = located(source)
        # Not as given: an address may have a key in it.
        for file in _files(filesystem, path, prefix + path):
            kind = _kind(file) or _ARTICLES
            group = groups.setdefault((kind, prefix), Group(kind, filesystem, prefix, []))
            group.paths.append(file)
    if not groups:
        raise ConfigurationError("There is no source.", "Give a file or a folder.")
    return list(groups.values())


def _files(filesystem: Any, path: str, shown: str) -> list[str]:
    """The file itself, or the files in a folder that are of a known kind."""
    from pyarrow.fs import FileSelector, FileType

    try:
        here = filesystem.get_file_info(path)
        inside = filesystem.get_file_info(FileSelector(path, recursive=True)) if here.type == FileType.Directory else []
    except OSError as error:
        raise ConfigurationError(f"{shown} can't be read: {error}", "Check the path and the permissions.") from error
    if here.type == FileType.File:
        return [path]
    if here.type == FileType.NotFound:
        raise ConfigurationError(f"There is no file or folder {shown}.", "Check the path.")
    found = sorted(i.path for i in inside if i.type == FileType.File and _kind(i.path) and _is_shown(i.path, path))
    if not found:
        endings = ", ".join(sorted(_ARTICLES | LINES_SUFFIXES | _PARQUET))
        raise ConfigurationError(f"Nothing in {shown} can be read.", f"Known endings: {endings}.")
    return found


def _kind(path: str) -> frozenset[str] | None:
    suffix = PurePosixPath(path).suffix.lower()
    return next((kind for kind in (_ARTICLES, LINES_SUFFIXES, _PARQUET) if suffix in kind), None)


def _is_shown(path: str, folder: str) -> bool:
    inner = PurePosixPath(path.removeprefix(folder))
    return not any(part.startswith((".", "_")) for part in inner.parts)


def read(ray: Any, group: Group) -> Any:
    """A Ray dataset of `row_schema`.

    Raises:
        ConfigurationError: a Parquet file has no texts.
    """
    common = {"filesystem": group.filesystem, "include_paths": True}
    to_rows = {"batch_format": "pyarrow", "fn_kwargs": {"prefix": group.prefix}}
    if group.kind == LINES_SUFFIXES:
        return ray.data.read_datasource(_line_source(group))
    if group.kind == _PARQUET:
        present = _parquet_columns(group)
        table = ray.data.read_parquet(group.paths, partitioning=None, **common).select_columns(["path", *present])
        return table.map_batches(from_parquet, **to_rows)
    return ray.data.read_binary_files(group.paths, **common).map_batches(_from_files, **to_rows)


def _from_files(table: pa.Table, *, prefix: str) -> pa.Table:
    import pyarrow as pa

    rows = (
        {"path": prefix + path, "is_file": True, "data": data}
        for path, data in zip(table["path"].to_pylist(), table["bytes"].to_pylist(), strict=True)
    )
    return pa.Table.from_pylist(list(rows), schema=row_schema())


def from_parquet(table: pa.Table, *, prefix: str) -> pa.Table:
    import pyarrow as pa

    rows = []
    for row in table.to_pylist():
        path = prefix + row.pop("path")
        rows.append({"path": path, "is_file": False, "data": json.dumps(row, default=_plain).encode()})
    return pa.Table.from_pylist(rows, schema=row_schema())


def _plain(value: object) -> object:
    """What JSON has no type for: dates and times as ISO 8601, bytes as the text that they most likely are."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return value.isoformat() if isinstance(value, date) else str(value)


def _parquet_columns(group: Group) -> list[str]:
    from pyarrow import ArrowException, parquet

    try:
        names = parquet.read_schema(group.paths[0], filesystem=group.filesystem).names
    except (ArrowException, OSError) as error:
        raise ConfigurationError(f"{group.paths[0]} can't be read as Parquet: {error}", "Check the file.") from error
    if "text" not in names:
        raise ConfigurationError(
            f"{group.paths[0]} has no column `text`, but {', '.join(names[:20])}.", "Rename the column with the texts."
        )
    return [name for name in COLUMNS if name in names]


def _line_source(group: Group) -> Any:
    """A Ray datasource of JSON Lines that leaves the parsing to workers: a bad line is one article's failure.

    Ray's own readers stop at a line that isn't JSON or whose types differ, and `read_text` also parts lines at
    U+2028, which JSON may have in its strings.
    """
    import pyarrow as pa
    from ray.data.datasource import FileBasedDatasource

    prefix, schema, per_block = group.prefix, row_schema(), _LINES_PER_BLOCK

    class Lines(FileBasedDatasource):  # type: ignore[misc,unused-ignore]
        def _read_stream(self, f: Any, path: str) -> Iterator[Any]:
            import io

            rows = []
            for number, line in enumerate(io.BufferedReader(f), start=1):
                if line.strip():
                    rows.append({"path": prefix + path, "line": number, "is_file": False, "data": line})
                if len(rows) == per_block:
                    yield pa.Table.from_pylist(rows, schema=schema)
                    rows = []
            yield pa.Table.from_pylist(rows, schema=schema)

    return Lines(group.paths, filesystem=group.filesystem)
