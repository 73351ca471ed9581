"""A zip from a stranger: everything that could hurt is refused before, or while, a byte of it is read."""

import struct
import zipfile
from collections.abc import Iterator
from typing import IO, BinaryIO

from core.dataset.members import DAMAGE, Limits, Member, megabytes
from core.dataset.names import shown
from core.errors import DatasetError

_END = struct.Struct("<4s4H2LH")  # the record at the end of each zip, which counts its members
_BYTES_PER_LISTED_MEMBER = 1024  # of the list of members: a name and some extra fields
_BLOCK = 64 * 1024


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
