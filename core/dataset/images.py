"""Untrusted bytes become upright RGB pixels; the same function feeds training, review, pages and API."""

import io
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, ImageOps, UnidentifiedImageError

from core.dataset import wrapping
from core.dataset.framing import Framing, cut, squashed
from core.dataset.photo_bytes import MAX_BYTES as MAX_BYTES
from core.dataset.photo_bytes import read_picture
from core.errors import ImageError

FORMATS = ("JPEG", "PNG", "WEBP")  # the smallest useful set of parsers; MPO (phones) comes in with JPEG
MAX_PIXELS = 40_000_000  # a full decode of 40 Mpx costs about 0.5 GB; Pillow's own limit lies at 179 Mpx
MAX_SIDE = 16_384
WORKING_SIDE = 512  # one decoded size for training, pages and API, so that all see the same pixels
PIXELS_VERSION = f"2-pillow-{PIL.__version__}"  # raise the number when `decode` or `resize` give other pixels

# What Pillow's parsers were seen to raise on damaged files (fuzzing corpora), beyond OSError.
_DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    MemoryError,
    NotImplementedError,
    Image.DecompressionBombError,
)


def decode(
    source: bytes | Path,
    shortest_side: int | None = WORKING_SIDE,
    image_size: tuple[int, int] | None = None,
    framing: Framing = "squash",
) -> np.ndarray:
    """Decodes one picture.

    EXIF orientation is applied, 16-bit grey is scaled (Pillow would clip it to white), transparency is put on
    white, CMYK is converted, only the first frame of an animation is read. Metadata never spoils a picture, nor does
    a missing end marker; missing pixels do.

    Args:
        source: The file's bytes, its path, or that of a pipe.
        shortest_side: A large JPEG may be decoded at 1/2, 1/4 or 1/8 of its size as long as both sides keep at
            least this many pixels: ten times faster for phone photos. `None` decodes in full.
        image_size: `(height, width)`: squashed as `resize` does after `framed`, the same pixels with two copies less.
        framing: Which part of it, where an `image_size` is given.

    Returns:
        `uint8`, shape `(height, width, 3)`, RGB, upright.

    Raises:
        ImageError: With a `code`, if the bytes are empty, too large, not a JPEG, PNG or WebP, damaged, or have
            too many pixels.
        OSError: If the file cannot be opened.
    """
    content = read_picture(source)
    try:
        if wrapping.lacks_end(content):
            raise _corrupt()
        return _decode(content, shortest_side, image_size, framing)
    except ImageError as error:
        if error.code != "corrupt-image" or (whole := _completed(content)) is None:
            raise
        return _decode(whole, shortest_side, image_size, framing)


def _decode(
    content: bytes, shortest_side: int | None, image_size: tuple[int, int] | None, framing: Framing
) -> np.ndarray:
    with _open(content) as image:
        try:
            if shortest_side and image.format in ("JPEG", "MPO"):
                _draft(image, shortest_side)
            image.load()
            picture = _to_rgb(_upright(image), bits=content[24] if content.startswith(wrapping.PNG) else 8)
            return np.asarray(squashed(cut(picture, framing), image_size) if image_size else picture)
        except _DAMAGE as error:
            raise _corrupt() from error


def _corrupt() -> ImageError:
    return ImageError("corrupt-image", "The file is damaged or incomplete. Save the picture again and retry.")


def _completed(content: bytes) -> bytes | None:
    """Another try at a damaged picture: a JPEG without its metadata and with its end; `None` if that is no help.

    Raises:
        ImageError: If it is whole, but of a kind that is not read.
    """
    if not content.startswith(wrapping.JPEG):
        return None
    parts = wrapping.jpeg_parts(content)
    if parts.rare:
        raise ImageError(
            "not-an-image", f"The JPEG is of a rare kind ({parts.rare}). Save it as an ordinary JPEG and retry."
        )
    return wrapping.completed_jpeg(parts, MAX_PIXELS)


def probe(source: bytes | Path) -> tuple[int, int]:
    """Reads `(width, height)`, upright, from the header alone.

    Raises:
        ImageError: As `decode`, but damage beyond the header is not seen.
    """
    content = read_picture(source)
    try:
        opened = _open(content)
    except ImageError as error:
        if error.code != "corrupt-image" or not content.startswith(wrapping.JPEG):
            raise
        opened = _open(wrapping.jpeg_parts(content).content)
    with opened as image:
        width, height = image.size
        return (height, width) if _orientation(image) >= 5 else (width, height)


def resize(image: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
    """Squashes a picture to a network's input size; the whole picture stays visible.

    Args:
        image: `uint8`, shape `(height, width, 3)`.
        image_size: `(height, width)` in pixels.

    Returns:
        `uint8`, shape `(*image_size, 3)`; bicubic with antialiasing.
    """
    if image.shape[:2] == tuple(image_size):
        return image
    return np.asarray(squashed(Image.fromarray(image), image_size))


def _open(content: bytes) -> Image.Image:
    if content.startswith(wrapping.PNG):
        content = wrapping.unwrapped_png(content)
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError as error:
        if wrapping.is_picture(content):
            raise _corrupt() from error
        kind = f" but {known}" if (known := wrapping.foreign_kind(content)) else ""
        raise ImageError(
            "not-an-image", f"The file is not a JPEG, PNG or WebP picture{kind}. Save it as one of these and retry."
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:  # the warning where it is fatal
        raise ImageError("too-many-pixels", f"The picture is too large; the limit is {_LIMIT}.") from error
    except _DAMAGE as error:
        raise _corrupt() from error
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        image.close()
        raise ImageError(
            "too-many-pixels",
            f"The picture is too large: {width} x {height} pixels ({width * height / 1e6:.0f} Mpx), "
            f"the limit is {_LIMIT}. Save a smaller copy.",
        )
    return image


_LIMIT = f"{MAX_PIXELS // 1_000_000} Mpx and {MAX_SIDE} pixels a side"


def _draft(image: Image.Image, shortest_side: int) -> None:
    width, height = image.size
    scale = shortest_side / min(width, height)
    if scale < 0.5:
        image.draft("RGB" if image.mode in ("RGB", "YCbCr") else None, (int(width * scale), int(height * scale)))


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # EXIF is decoration: however broken it is, the pixels still count
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(image: Image.Image) -> Image.Image:
    if _orientation(image) == 1:
        return image
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # as above: keep the pixels as they lie
        return image


def _to_rgb(image: Image.Image, bits: int) -> Image.Image:
    """Any mode as RGB on white; `bits` are those of a colour in the file, in which a PNG names a transparent one."""
    key = image.info.get("transparency")
    if image.mode.startswith("I") or image.mode == "F":
        grey = np.asarray(image, dtype=np.float64)
        scale = 257.0 if grey.max(initial=0) > 255 or image.mode.startswith("I;16") else 1.0
        pixels = np.clip(grey / scale, 0, 255).round().astype(np.uint8)
        return Image.fromarray(np.where(grey == key, np.uint8(255), pixels)).convert("RGB")
    if image.mode in ("RGB", "L", "1") and isinstance(key, int | tuple):
        values = np.atleast_1d(np.array([255 * bool(key)] if image.mode == "1" else _scaled(key, bits), np.uint8))
        pixels = np.array(image.convert("L") if image.mode == "1" else image)
        pixels[(pixels.reshape(*pixels.shape[:2], -1) == values).all(axis=-1)] = 255
        return Image.fromarray(pixels).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or (image.mode == "P" and key is not None):
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, layered).convert("RGB")
    return image.convert("RGB")


def _scaled(key: int | tuple[int, ...], bits: int) -> list[int]:
    """A colour of so many bits as the 8 bits of its pixels; of 16 bits the lower eight do not count."""
    colours = key if isinstance(key, tuple) else (key,)
    return [value >> 8 if bits == 16 else (value & (2**bits - 1)) * 255 // (2**bits - 1) for value in colours]
