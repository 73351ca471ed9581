"""A zip from a stranger: everything that could hurt is refused before, or while, a byte of it is read."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO

from core.dataset.images import MAX_BYTES
from core.dataset.names import clash, path_problem, shown
from core.errors import DatasetError

ARCHIVE_SUFFIXES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar")
# What the zip reader was seen to raise on damaged, encrypted or unsupported archives.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    IndexError,
    struct.error,
)
_END = struct.Struct("<4s4H2LH")  # the record at the end of each zip, which counts its members
_BYTES_PER_LISTED_MEMBER = 1024  # of the list of members: a name and some extra fields
_BLOCK = 64 * 1024


@dataclass(frozen=True)
class Limits:
    """How large an archive may be.

    Attributes:
        archive_bytes: Of the zip itself.
        members: Files and folders in it.
        expanded_bytes: Of all files together, counted while reading.
        ratio: Expanded by compressed bytes, for anything above 1 MiB; photos hardly compress at all.
        member_bytes: Of one file.
    """

    archive_bytes: int = 200 * 2**20
    members: int = 10_000
    expanded_bytes: int = 2**30
    ratio: int = 100
    member_bytes: int = MAX_BYTES


@dataclass(frozen=True)
class Member:
    """One file of an archive whose name, kind and stated size are harmless.

    Attributes:
        parts: Folder names and file name.
        info: Its entry in the archive.
    """

    parts: tuple[str, ...]
    info: zipfile.ZipInfo


def open_archive(file: BinaryIO, limits: Limits) -> zipfile.ZipFile:
    """Opens a zip whose size and list of members are bounded.

    Raises:
        DatasetError: If the file is too large, no zip, truncated, or lists too many members.
    """
    size = file.seek(0, 2)
    if size > limits.archive_bytes:
        raise DatasetError(
            f"Expected a zip of at most {megabytes(limits.archive_bytes)}, but got {megabytes(size)}; "
            "unpack it yourself and give the folder instead."
        )
    num_members, list_bytes = _read_end(file, size)
    # The list alone could fill the memory, so it is bounded before it is read.
    if num_members > limits.members or list_bytes > limits.members * _BYTES_PER_LISTED_MEMBER:
        raise DatasetError(
            f"Expected at most {limits.members:,} files in a zip, but this one lists {num_members:,} "
            f"({megabytes(list_bytes)} of names); split it, or unpack it and give the folder instead."
        )
    try:
        return zipfile.ZipFile(file)
    except DAMAGE as error:
        raise DatasetError("The zip is damaged: its list of files is broken; download it again.") from error


def check_members(archive: zipfile.ZipFile, limits: Limits) -> tuple[list[Member], list[str]]:
    """Looks at every name, kind and stated size; nothing is unpacked.

    Returns:
        The harmless files, and one sentence for each reason to refuse the archive.
    """
    members: list[Member] = []
    refusals: list[str] = []
    seen: dict[tuple[str, ...], tuple[str, bool]] = {}
    infos = archive.infolist()
    if len(infos) > limits.members:
        return [], [f"Expected at most {limits.members:,} files in a zip, but it has {len(infos):,}."]
    for info in infos:
        name = info.orig_filename
        parts = tuple(part for part in name.split("/") if part not in ("", "."))
        reason = path_problem(name) or _kind_problem(info, limits) or clash(parts, info.is_dir(), seen)
        if reason:
            refusals.append(f"{shown(name)} {reason}.")
        elif parts and not info.is_dir():
            members.append(Member(parts, info))
    stated = sum(member.info.file_size for member in members)
    if stated > limits.expanded_bytes:
        limit = megabytes(limits.expanded_bytes)
        refusals.append(f"Expected at most {limit} after unpacking, but it states {megabytes(stated)}.")
    packed = sum(member.info.compress_size for member in members)
    if _is_bomb(stated, packed, limits):
        refusals.append(f"It would grow {stated // max(packed, 1):,} times when unpacked; photos do not.")
    return members, refusals


class Reader:
    """Reads members one by one and counts what really comes out.

    Args:
        archive: An open archive.
        limits: Of the archive.
    """

    def __init__(self, archive: zipfile.ZipFile, limits: Limits):
        self._archive, self._limits, self._total = archive, limits, 0

    def read(self, member: Member) -> bytes:
        """Returns a member's bytes, their checksum verified.

        Raises:
            DatasetError: If the member is damaged, encrypted or larger than allowed, or all members together
                have passed the limit.
        """
        try:
            with self._archive.open(member.info) as source:
                content = b"".join(self._counted(source, member))
        except DAMAGE as error:
            raise DatasetError(
                f"{shown('/'.join(member.parts))} is damaged in the zip (size or checksum is wrong); pack it again."
            ) from error
        return content

    def _counted(self, source: IO[bytes], member: Member) -> Iterator[bytes]:
        size = 0
        while block := source.read(_BLOCK):
            size += len(block)
            self._total += len(block)
            if size > self._limits.member_bytes or self._total > self._limits.expanded_bytes:
                raise DatasetError(f"{shown('/'.join(member.parts))} is larger than the zip states or allows.")
            yield block


def megabytes(size: int) -> str:
    return f"{size / 2**20:.0f} MB" if size >= 2**20 else f"{size:,} bytes"


def _read_end(file: BinaryIO, size: int) -> tuple[int, int]:
    """Number of members and bytes of their list, as the zip's last record states them."""
    start = max(0, size - _END.size - 65_535)
    file.seek(start)
    tail = file.read()
    file.seek(0)
    begin = file.read(4)
    position = tail.rfind(b"PK\x05\x06")
    if position < 0 or len(tail) - position < _END.size:
        if begin == b"PK\x03\x04":
            raise DatasetError("The zip is incomplete: its end is missing; download or pack it again.")
        raise DatasetError("Expected a zip file, but this is something else; pack the class folders as a .zip.")
    _, _, _, _, num_members, list_bytes, offset, _ = _END.unpack_from(tail, position)
    points_to_zip64 = num_members == 0xFFFF or 0xFFFFFFFF in (list_bytes, offset)
    if points_to_zip64 or tail[:position][-20:][:4] == b"PK\x06\x07":
        raise DatasetError(
            "Expected a plain zip, but got a zip64 one, made for very large archives; pack it again, "
            "or unpack it and give the folder instead."
        )
    return num_members, list_bytes


def _kind_problem(info: zipfile.ZipInfo, limits: Limits) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device, not a file"
    if info.flag_bits & 0x2041:  # encrypted, strongly encrypted, hidden names
        return "is encrypted; pack it without a password"
    if info.is_dir():
        return ""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed by an unusual method; use an ordinary zip"
    if info.orig_filename.lower().endswith(ARCHIVE_SUFFIXES):
        return "is an archive inside the archive; unpack it first"
    if info.file_size > limits.member_bytes:
        return f"has {megabytes(info.file_size)}, the limit is {megabytes(limits.member_bytes)} a file"
    if _is_bomb(info.file_size, info.compress_size, limits):
        return f"would grow {info.file_size // max(info.compress_size, 1):,} times when unpacked"
    return ""


def _is_bomb(expanded: int, packed: int, limits: Limits) -> bool:
    return expanded > 2**20 and expanded > limits.ratio * max(packed, 1)
