"""Small pictures for grids: WebP of at most 20 KB, made once and kept by the content of the photo."""

import io
import re
from pathlib import Path

from PIL import Image

from core import cache
from core.dataset.images import PIXELS_VERSION, decode
from core.errors import ImageError
from core.files import sha256_of

LONGEST_SIDE = 360  # pixels: sharp in a grid of six columns on a 1400 pixel window
MAX_BYTES = 20_000
_QUALITIES = (78, 62, 45, 25)
_SHA256 = re.compile(r"[0-9a-f]{64}")


def thumbnail(photo: Path, sha256: str, cache_dir: Path) -> bytes:
    """A small copy of a photo, from the cache or made now.

    Args:
        photo: The picture's file.
        sha256: Of its content: the name under which the copy is kept, so that equal photos share one.
        cache_dir: The dataset's cache folder; the copies lie in `thumbnails` below it, those of another version of
            `decode` apart. One that cannot be written to only makes the next call slower.

    Returns:
        WebP, at most 20 KB, sides at most 360 pixels, upright.

    Raises:
        ImageError: If the photo cannot be read.
    """
    if not _SHA256.fullmatch(sha256):  # a name that is no hash never becomes a path
        return encode_thumbnail(photo)
    kept = cache.as_bytes(cache_dir / "thumbnails" / PIXELS_VERSION / sha256[:2] / f"{sha256}.webp")
    found = cache.stored(kept, sha256)
    if found is None:
        found = encode_thumbnail(photo)
        if sha256_of(photo) == sha256:  # else the file was changed since it was indexed
            cache.store(kept, sha256, found)
    return found


def encode_thumbnail(photo: bytes | Path) -> bytes:
    """The small copy itself; see `thumbnail`."""
    try:
        picture = Image.fromarray(decode(photo, shortest_side=LONGEST_SIDE))
    except OSError as error:
        raise ImageError("corrupt-image", "The photo's file cannot be opened. Check that it is still there.") from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    for quality in _QUALITIES:
        content = _as_webp(picture, quality)
        if len(content) <= MAX_BYTES:
            return content
    while len(content) > MAX_BYTES:  # noise does not compress: fewer pixels then
        picture = picture.resize((max(1, picture.width * 3 // 4), max(1, picture.height * 3 // 4)))
        content = _as_webp(picture, _QUALITIES[-1])
    return content


def _as_webp(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()
