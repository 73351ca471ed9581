"""Which members of a zip are taken: by name, kind, stated size and first bytes, before anything is unpacked."""

import stat
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass

from core.dataset.layout import Parts, described
from core.dataset.names import clash, class_name_problem, path_problem, shown
from core.dataset.photo_bytes import MAX_BYTES
from core.dataset.walk import IGNORED_FILES, PICTURE_SUFFIXES, is_system_folder
from core.dataset.wrapping import is_picture

ARCHIVE_SUFFIXES = (
    ".zip",
    ".tar",
    ".tar.gz",
    ".tar.bz2",
    ".tar.xz",
    ".tar.zst",
    ".tgz",
    ".tbz2",
    ".txz",
    ".7z",
    ".rar",
)
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


@dataclass(frozen=True)
class Members:
    """What a zip offers.

    Attributes:
        members: The photos, harmless by name, kind and stated size.
        warnings: Sentences about files that are left out.
        refusals: One sentence for each reason to refuse the archive.
    """

    members: tuple[Member, ...]
    warnings: tuple[str, ...]
    refusals: tuple[str, ...]


def check_members(archive: zipfile.ZipFile, limits: Limits) -> Members:
    """Looks at every name, kind, stated size and first bytes; nothing is unpacked.

    A dangerous name, link or device refuses the archive wherever it is; a large file or one that is no photo is
    left out.
    """
    infos = archive.infolist()
    if len(infos) > limits.members:
        return Members((), (), (f"Expected at most {limits.members:,} files in a zip, but it has {len(infos):,}.",))
    members: list[Member] = []
    refusals, unsure = [], []
    left_out: dict[str, list[Parts]] = {}
    seen: dict[Parts, tuple[str, bool]] = {}
    for info in infos:
        name, is_sure = member_name(info)
        parts = tuple(part for part in name.split("/") if part not in ("", "."))
        if reason := path_problem(name) or _kind_problem(info):
            refusals.append(f"{shown(name)} {reason}.")
            continue
        if not parts or any(map(is_system_folder, parts[:-1])) or parts[-1].lower() in IGNORED_FILES:
            continue
        if parts[-1].startswith(".") or (info.is_dir() and is_system_folder(parts[-1])):
            continue
        if not is_sure:
            unsure.append(name)
        if info.is_dir():
            reason = clash(parts, True, seen)
        elif not _is_photo(archive, info):
            left_out.setdefault("no JPEG, PNG or WebP", []).append(parts)
        elif not (reason := _photo_problem(info, limits) or clash(parts, False, seen)):
            if info.file_size > limits.member_bytes:
                left_out.setdefault(f"larger than {megabytes(limits.member_bytes)}", []).append(parts)
            else:
                members.append(Member(parts, info))
        if reason:
            refusals.append(f"{shown(name)} {reason}.")
    stated = sum(member.info.file_size for member in members)
    if stated > limits.expanded_bytes:
        limit = megabytes(limits.expanded_bytes)
        refusals.append(f"Expected at most {limit} after unpacking, but it states {megabytes(stated)}.")
    packed = sum(member.info.compress_size for member in members)
    if _is_bomb(stated, packed, limits):
        refusals.append(f"It would grow {stated // max(packed, 1):,} times when unpacked; photos do not.")
    warnings = [sentence for why, paths in left_out.items() for sentence in described(paths, why)]
    if unsure:
        warnings.append(
            f"The zip does not tell the alphabet of {len(unsure):,} names, read as {shown(unsure[0])} and so on; if "
            "that is wrong, pack it again with UTF-8 names, or unpack it and give the folder."
        )
        if any(class_name_problem(part) for name in unsure for part in name.split("/")[:-1] if part):
            refusals.insert(0, warnings.pop())
    return Members(tuple(members), tuple(warnings), tuple(refusals))


def member_name(info: zipfile.ZipInfo) -> tuple[str, bool]:
    """The name of a member, accents composed, and whether its alphabet is known.

    Without the UTF-8 mark, names that are valid UTF-8 are UTF-8 (macOS); others are in an unknown code page, unless
    an extra field (Info-ZIP's "Unicode path", APPNOTE 4.6.9) tells.
    """
    name = info.orig_filename
    if not info.flag_bits & 0x800 and not name.isascii():
        raw = name.encode("cp437")  # as zipfile read it
        try:
            return unicodedata.normalize("NFC", raw.decode()), True
        except UnicodeDecodeError:
            told = _unicode_path(info.extra, raw)
            return unicodedata.normalize("NFC", told or name), bool(told)
    return unicodedata.normalize("NFC", name), True


def _unicode_path(extra: bytes, raw: bytes) -> str:
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<2H", extra)
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == 0x7075 and field[1:5] == struct.pack("<L", zlib.crc32(raw)):
            return field[5:].decode(errors="ignore")
    return ""


def _is_photo(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    """Whether a member is named like a photo or begins like one."""
    if info.orig_filename.lower().endswith(PICTURE_SUFFIXES):
        return True
    try:
        with archive.open(info) as source:
            return is_picture(source.read(16))
    except DAMAGE:
        return False


def megabytes(size: int) -> str:
    return f"{size / 2**20:.0f} MB" if size >= 2**20 else f"{size:,} bytes"


def _kind_problem(info: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device, not a file"
    if info.flag_bits & 0x2041:  # encrypted, strongly encrypted, hidden names
        return "is encrypted; pack it without a password"
    if not info.is_dir() and info.orig_filename.lower().endswith(ARCHIVE_SUFFIXES):
        return "is an archive inside the archive; unpack it first"
    return ""


def _photo_problem(info: zipfile.ZipInfo, limits: Limits) -> str:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed by an unusual method; use an ordinary zip"
    if _is_bomb(info.file_size, info.compress_size, limits):
        return f"would grow {info.file_size // max(info.compress_size, 1):,} times when unpacked"
    return ""


def _is_bomb(expanded: int, packed: int, limits: Limits) -> bool:
    return expanded > 2**20 and expanded > limits.ratio * max(packed, 1)
