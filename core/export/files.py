"""An export is a file or a folder: its size, its hash, and what a page hands out."""

import hashlib
import io
import zipfile
from pathlib import Path

from core.export.formats import FORMATS, FormatName
from core.files import sha256_of
from core.runs.folder import Run


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)


def download_name(run: Run, format_name: FormatName) -> str:
    """The name under which a page saves an export."""
    suffix = FORMATS[format_name].suffix
    return f"{run.run_id}{suffix if '.' in suffix else suffix + '.zip'}"


def download_bytes(path: Path) -> bytes:
    """The content of an export's file; a folder becomes a zip."""
    if not path.is_dir():
        return path.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path.rglob("*")):
            archive.write(file, file.relative_to(path).as_posix())
    return buffer.getvalue()


def digest(path: Path) -> str:
    """sha256 of a file, or of the names and contents of all files below a folder."""
    if not path.is_dir():
        return sha256_of(path)
    found = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file():
            found.update(f"{file.relative_to(path).as_posix()}\0{sha256_of(file)}\n".encode())
    return found.hexdigest()
