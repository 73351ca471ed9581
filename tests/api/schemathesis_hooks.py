"""What schemathesis needs to know of this API: pictures are pictures, names are those of test_api_schemathesis.py.

`st run` finds it through the environment variable SCHEMATHESIS_HOOKS.
"""

import base64
import io

import schemathesis
from hypothesis import strategies
from PIL import Image

DATASET, RUN, CLASSES = "sample", "bundled-elephants-strong", ("African", "Asian")
PHOTOS = tuple(f"train/{name}/photo_{index:04d}.jpg" for name in CLASSES for index in (0, 1, 2, 12))


def encoded(kind: str, size: tuple[int, int], colour: tuple[int, int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


def pictures(*kinds: str) -> strategies.SearchStrategy[bytes]:
    """Small picture files of one colour."""
    byte, side = strategies.integers(0, 255), strategies.integers(1, 16)
    return strategies.builds(
        encoded, strategies.sampled_from(kinds), strategies.tuples(side, side), strategies.tuples(byte, byte, byte)
    )


def names(*known: str) -> strategies.SearchStrategy[str]:
    """Names of which so many exist that most requests get behind the look-up."""
    return strategies.sampled_from(known)


printable = strategies.text(strategies.characters(exclude_categories=("C", "Z")), max_size=30)
files = pictures("JPEG", "PNG", "WEBP")
schemathesis.openapi.format("binary", files)
schemathesis.openapi.format("byte", files.map(lambda file: base64.b64encode(file).decode()))
schemathesis.openapi.format("printable", printable)
schemathesis.openapi.format("dataset", names(DATASET))
schemathesis.openapi.format("photo", names(*PHOTOS))
schemathesis.openapi.format("class", names(*CLASSES))
schemathesis.openapi.format("run", names(RUN, RUN, "no-such-run"))
schemathesis.openapi.format("model", names("tuskscope", RUN, "1"))
for kind in ("JPEG", "PNG", "WEBP"):
    schemathesis.openapi.media_type(f"image/{kind.lower()}", pictures(kind))
