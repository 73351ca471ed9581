"""I30: tens of thousands of mutated pictures are read or refused for a reason; nothing else ever comes out."""

import io
import os
import random
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from core.dataset.images import MAX_PIXELS, decode, probe
from core.errors import ImageError

SECONDS = int(os.environ.get("TUSKSCOPE_FUZZ_SECONDS", "60"))  # of the coverage-guided fuzzer
NUM_PICTURES = int(os.environ.get("TUSKSCOPE_FUZZ", "20000"))
CODES = {"empty-file", "file-too-large", "not-an-image", "corrupt-image", "too-many-pixels"}


def seeds() -> list[bytes]:
    """Small pictures of every kind, mode and option that is read."""
    random_pixels = np.random.default_rng(0).integers(0, 256, (40, 56, 4), np.uint8)
    noise = Image.fromarray(random_pixels, "RGBA")
    smooth = noise.resize((8, 6)).resize((56, 40), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x0112] = 6
    kinds: list[tuple[str, str, dict]] = [
        *(("PNG", mode, {}) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
        ("PNG", "RGB", {"transparency": (1, 2, 3), "exif": exif}),
        ("PNG", "RGB", {"save_all": True, "append_images": [smooth.convert("RGB")], "icc_profile": bytes(200)}),
        ("JPEG", "L", {"exif": exif, "comment": b"x" * 50}),
        *(("JPEG", mode, {"progressive": True}) for mode in ("RGB", "CMYK")),
        ("JPEG", "RGB", {"restart_marker_blocks": 2, "icc_profile": bytes(200)}),
        ("MPO", "RGB", {"save_all": True, "append_images": [smooth.convert("RGB")]}),
        ("WEBP", "RGB", {"lossless": True, "exif": exif}),
        ("WEBP", "RGBA", {"quality": 40, "save_all": True, "append_images": [noise]}),
    ]
    found = []
    for kind, mode, options in kinds:
        for picture in (noise, smooth):
            buffer = io.BytesIO()
            picture.convert("L" if mode == "I;16" else mode).convert(mode).save(buffer, kind, **options)
            found.append(buffer.getvalue())
    return found


def mutated(content: bytes, chance: random.Random) -> bytes:
    """A damaged copy: bytes changed, cut out, doubled, cut off, filled up, or two pictures in one."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at, size = chance.randrange(len(data)), chance.choice((1, 1, 2, 4, 16, 200))
        match chance.randrange(8):
            case 0 | 1 | 2:
                data[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF, chance.randrange(256)))
            case 3:
                data[at : at + size] = chance.randbytes(size)
            case 4:
                del data[at : at + size]
            case 5:
                data[at:at] = data[at : at + size]
            case 6:
                data = data[: at + 1] + bytes(chance.choice((0, 0, 500)))
            case 7:
                data += data[at:]
        data = data or bytearray(b"\0")
    return bytes(data)


def check(content: bytes) -> str:
    """Reads a picture; the code if it is refused, "read" if not."""
    try:
        pixels = decode(content)
    except ImageError as error:
        assert error.code in CODES and str(error).endswith(".") and "\n" not in str(error)
        return error.code
    assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3
    assert 0 < pixels.shape[0] * pixels.shape[1] <= MAX_PIXELS
    width, height = probe(content)
    assert width > 0 and height > 0
    return "read"


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's words about odd metadata
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_I30_B3_mutated_pictures_are_read_or_refused(note_figure):
    chance, originals = random.Random(13), seeds()
    assert {check(content) for content in originals} == {"read"}
    outcomes: dict[str, int] = {}
    slowest = 0.0
    for _ in range(NUM_PICTURES):
        content = mutated(chance.choice(originals), chance)
        started = time.process_time()
        outcome = check(content)
        slowest = max(slowest, time.process_time() - started)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    note_figure("I30", f"{NUM_PICTURES:,} pictures: {outcomes['read']:,} read, 0 unexpected, slowest {slowest:.2f} s")
    assert outcomes["read"] > NUM_PICTURES / 50 and outcomes["corrupt-image"] > NUM_PICTURES / 10


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_B4_pictures_that_a_coverage_guided_fuzzer_finds_are_read_or_refused(tmp_path, note_figure):
    """libFuzzer (atheris) in a process of its own, because it ends the process it runs in."""
    pytest.importorskip("atheris", reason="atheris is optional: pip install atheris")
    program = (
        "import sys, warnings, atheris\nwarnings.simplefilter('ignore')\n"
        "with atheris.instrument_imports(include=['core.dataset', 'PIL']):\n"
        "    from core.dataset.images import decode\nfrom core.errors import ImageError\n"
        "def one(data):\n    try:\n        decode(data)\n    except ImageError:\n        pass\n"
        "atheris.Setup(sys.argv, one)\natheris.Fuzz()\n"
    )
    for number, content in enumerate(seeds()):
        (tmp_path / f"{number}").write_bytes(content)
    command = [
        sys.executable,
        "-c",
        program,
        str(tmp_path),
        f"-max_total_time={SECONDS}",
        "-rss_limit_mb=1500",
        "-seed=13",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    runs = re.search(r"Done (\d+) runs", done.stderr)
    note_figure("B4", f"{int(runs[1]):,} runs in {SECONDS} s, 0 findings")
