"""The wrapping of PNG and JPEG pictures: what is no pixel is taken away, so that odd metadata spoils no picture.

Other readers (libpng, libjpeg, browsers) pass over damaged or huge metadata and a missing end; Pillow refuses the file.
"""

import contextlib
import hashlib
import io
import random
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_END, _SCAN = b"\xff\xd9", b"\xff\xda"
# Side segments that say how colours are stored and which way is up: marker -> how they start, least size.
_TELLING = {0xE0: (b"JFIF\0", 14), 0xE1: (b"Exif\0\0", 6), 0xEE: (b"Adobe", 12)}
_MARKER = re.compile(rb"\xff+[\x01-\xfe]")
_AFTER_SCAN = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")  # neither stuffing nor a restart marker
_ORIENTED = (b"Raw profile type exif\0", b"XML:com.adobe.xmp\0")  # texts that may say which way is up
_MAX_TEXT = 2**20  # expanded; Pillow refuses more
# Anything may follow a whole picture; of a cut one, the pixels depend on it.
_NOISE = b"\xb5" + random.Random(0).randbytes(4096).replace(b"\xff", b"\xfe")
_STRIP_ROWS = 64


def unwrapped_png(content: bytes) -> bytes:
    """A PNG without texts, profiles, what follows its end, and side chunks whose checksum is wrong.

    What decides about pixels stays as it is, damage included: Pillow shall see that.
    """
    view, parts, position, palette = memoryview(content), [memoryview(content)[:8]], 8, 0
    while position + 12 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, position)
        end = position + 12 + size
        if end > len(content) or not kind.isalpha():
            break
        if kind == b"PLTE":
            palette = size // 3
        if kind[:1].isupper() or _is_sound(
            kind, view[position + 8 : end - 4], content[25], palette, view[end - 4 : end]
        ):
            parts.append(view[position:end])
        position = end
        if kind == b"IEND":
            return b"".join(parts)
    return b"".join([*parts, view[position:]])


def _is_sound(kind: bytes, data: memoryview, colours: int, palette: int, checksum: memoryview) -> bool:
    """Whether a side chunk says something about pixels and is well formed."""
    if kind in (b"tEXt", b"zTXt", b"iTXt"):
        if not _fits(kind, bytes(data)):
            return False
    elif kind == b"tRNS":
        sizes = {0: (2,), 2: (6,), 3: range(1, palette + 1)}.get(colours, ())
        if len(data) not in sizes:
            return False
    elif kind not in (b"eXIf", b"acTL", b"fcTL", b"fdAT"):
        return False
    return zlib.crc32(data, zlib.crc32(kind)) == int.from_bytes(checksum)


def _fits(kind: bytes, text: bytes) -> bool:
    """Whether a text may say which way is up, and is small enough to be unpacked."""
    key = next((key for key in _ORIENTED if text.startswith(key)), b"")
    if not key or len(text) > _MAX_TEXT or (kind == b"iTXt" and text[len(key) : len(key) + 1] != b"\0"):
        return False
    if kind != b"zTXt":
        return True
    packed = zlib.decompressobj()
    with contextlib.suppress(zlib.error):
        packed.decompress(text[len(key) + 1 :], _MAX_TEXT)
    return not packed.unconsumed_tail


@dataclass(frozen=True)
class JpegParts:
    """A JPEG taken apart.

    Attributes:
        content: Without comments, profiles, thumbnails and what follows the end; EXIF stays.
        has_end: The end marker is there.
        has_all_scans: Every coefficient of every component is in a scan, though perhaps in a cut one.
        rare: What makes it a kind that no usual reader takes, "" if nothing does.
    """

    content: bytes
    has_end: bool
    has_all_scans: bool
    rare: str


def lacks_end(content: bytes) -> bool:
    """Whether a picture is a JPEG without end marker: whole or not, Pillow cannot tell."""
    return content.startswith(JPEG) and content.rfind(_END) < content.rfind(_SCAN)


def jpeg_parts(content: bytes) -> JpegParts:
    """Takes a JPEG apart; whatever is wrong with it, nothing is raised."""
    parts, rare, has_end = [content[:2]], "", False
    missing: set[tuple[int, int]] = set()  # (component, coefficient)
    for marker, segment, whole in _segments(content):
        if marker == 0xD9:
            has_end = True
            parts.append(_END)
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            missing = {(component, k) for component in segment[6::3] for k in range(64)}
            if segment[:1] != b"\x08":
                rare = f"{segment[0]} bits a colour" if segment else ""
            elif marker not in (0xC0, 0xC1, 0xC2, 0xC9, 0xCA):
                rare = "lossless or hierarchical"
        elif marker == 0xDA and len(segment) >= 6:
            first, last, precision = segment[-3:]
            if precision & 15 == 0:
                missing -= {(component, k) for component in segment[1:-3:2] for k in range(first, last + 1)}
        start, size = _TELLING.get(marker, (b"", 0))
        is_side = 0xE0 <= marker <= 0xEF or marker in (0xD9, 0xFE)
        if not is_side or (start and segment.startswith(start) and len(segment) >= size):
            parts.append(whole)
    return JpegParts(b"".join(parts), has_end, not missing, rare)


def _segments(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yields `(marker, its data, all its bytes)`; a scan's bytes include its pixels. Ends after the end marker."""
    position = 2
    while found := _MARKER.search(content, position):
        start, position = found.start(), found.end()
        marker = content[position - 1]
        if marker == 0xD9:
            yield marker, b"", _END
            return
        if marker == 1 or 0xD0 <= marker <= 0xD8:  # they stand alone
            continue
        size = int.from_bytes(content[position : position + 2])
        end = position + size
        if size < 2 or end > len(content):
            return
        segment, position = content[position + 2 : end], end
        if marker == 0xDA:
            after = _AFTER_SCAN.search(content, end)
            position = after.start() if after else len(content)
        yield marker, segment, content[start:position]


def completed_jpeg(parts: JpegParts, max_pixels: int) -> bytes | None:
    """The JPEG with an end marker, or `None` if pixels are missing.

    Whole or cut is told by decoding it twice, once with noise behind the data: only the pixels of a cut picture
    depend on what follows. One filled up with zeros counts as cut.
    """
    if parts.has_end:
        return parts.content
    if not parts.has_all_scans:
        return None
    data = re.sub(rb"\0{8,}\Z", b"", parts.content)
    data = data + b"\0" if data != parts.content and data.endswith(b"\xff") else data.rstrip(b"\xff")
    pixels = _pixels_digest(data + _END, max_pixels)
    restarts = re.findall(rb"\xff[\xd0-\xd7]", data[data.rfind(_SCAN) :])
    restart = bytes((0xFF, 0xD0 + (restarts[-1][1] + 1) % 8 if restarts else 0xD0))  # noise counts behind it only
    same = pixels and pixels == _pixels_digest(data + _NOISE + restart + _NOISE + _END, max_pixels)
    return data + _END if same else None


def _pixels_digest(content: bytes, max_pixels: int) -> bytes:
    """Hash of all pixels; empty if there are too many or none."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
            if image.width * image.height > max_pixels:
                return b""
            digest = hashlib.sha256()
            for top in range(0, image.height, _STRIP_ROWS):  # a copy of all pixels would double the memory
                digest.update(image.crop((0, top, image.width, min(top + _STRIP_ROWS, image.height))).tobytes())
            return digest.digest()
    except Exception:  # it is damaged in some other way
        return b""


FOREIGN = (  # what people take for a photo, or rename to one: where it begins, the first bytes, its name
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (0, b"II*\0", "TIFF or camera raw"),
    (0, b"MM\0*", "TIFF or camera raw"),
    (0, b"II+\0", "TIFF"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftyphe", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (4, b"ftypcrx", "camera raw"),
    (4, b"ftyp", "video"),
    (4, b"jP  \r\n", "JPEG 2000"),
    (0, b"\xff\x0a", "JPEG XL"),
    (4, b"JXL \r\n", "JPEG XL"),
    (0, b"8BPS", "Photoshop"),
    (0, b"%PDF", "PDF"),
    (0, b"%!PS", "PostScript"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"<svg", "SVG"),
    (0, b"\0\0\1\0", "icon"),
)


def foreign_kind(content: bytes) -> str:
    """The name of a well-known kind of file that is no JPEG, PNG or WebP, "" for any other."""
    return next((name for at, start, name in FOREIGN if content[at : at + len(start)] == start), "")


def is_picture(start: bytes) -> bool:
    """Whether a file begins as a JPEG, PNG or WebP does; the one rule of what a photo is.

    Args:
        start: Its first 16 bytes, or more.
    """
    is_named = start.startswith((JPEG, PNG)) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")
    return is_named and len(start) > 12  # a mere signature is no picture
