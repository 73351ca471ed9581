"""When a photo was taken, as its camera wrote it into the EXIF data."""

import io
from datetime import datetime

from PIL import Image

from core.dataset.images import FORMATS

_EXIF, _ORIGINAL, _DIGITIZED, _CHANGED = 0x8769, 0x9003, 0x9004, 0x0132


def taken_at(content: bytes) -> str | None:
    """The camera's own clock, `2024-07-01T05:12:33`, without a time zone; `None` if it is not written or impossible.

    Args:
        content: A picture file; EXIF data is decoration, so damage only means that nothing is known.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            exif = image.getexif()
            fields = exif.get_ifd(_EXIF)
        texts = (fields.get(_ORIGINAL), fields.get(_DIGITIZED), exif.get(_CHANGED))
        text = next(str(text) for text in texts if text).strip("\0 ")
        return datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S").isoformat()
    except Exception:  # whatever Pillow's parsers raise on damaged metadata
        return None
