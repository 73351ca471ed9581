"""Pictures in odd wrappings: what other readers read has its true pixels, the rest is refused for its reason."""

import io
import os
import struct
import threading
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from core.dataset import photo_bytes
from core.dataset.images import decode, probe
from core.errors import ImageError

HUES = np.stack([*np.meshgrid(np.arange(80) * 3, np.arange(60) * 4), np.full((60, 80), 90)], -1).astype(np.uint8)
PICTURE = Image.fromarray(HUES)


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes, is_sound: bool = True) -> bytes:
    checksum = zlib.crc32(kind + data) ^ (not is_sound)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def with_chunk(png: bytes, added: bytes, before: bytes = b"IDAT") -> bytes:
    at = png.index(before) - 4
    return png[:at] + added + png[at:]


def refused(content) -> ImageError:
    with pytest.raises(ImageError) as caught:
        decode(content)
    return caught.value


def raw_png(bits: int, colours: int, rows: bytes, size: tuple[int, int], *chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, bits, colours, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("key", [0, 1])
def test_I23_a_transparent_grey_is_white_at_every_depth_and_the_others_stay(bits, key):
    values = {1: b"\x40", 2: b"\x10", 4: b"\x01", 8: b"\x00\x01", 16: b"\x00\x00\x00\x01"}[bits]  # a 0, then a 1
    pixels = decode(raw_png(bits, 0, b"\0" + values, (2, 1), chunk(b"tRNS", struct.pack(">H", key))))
    grey = [0, round(255 / (2**bits - 1))]
    grey[key] = 255
    assert pixels[0, :, 0].tolist() == grey


@pytest.mark.parametrize("bits", [8, 16])
def test_I23_a_transparent_colour_is_white_and_its_neighbours_stay(bits):
    scale = 257 if bits == 16 else 1
    colours = np.array([[[10, 20, 30], [10, 20, 31]]]) * scale
    rows = b"\0" + colours.astype(">u2" if bits == 16 else "u1").tobytes()
    key = chunk(b"tRNS", struct.pack(">3H", *(colours[0, 0].tolist())))
    assert decode(raw_png(bits, 2, rows, (2, 1), key))[0].tolist() == [[255, 255, 255], [10, 20, 31]]


def test_I23_palette_transparency_is_white_as_far_as_it_is_transparent():
    palette = chunk(b"PLTE", bytes([200, 0, 0, 0, 200, 0]))
    pixels = decode(raw_png(8, 3, b"\0\0\1", (2, 1), palette, chunk(b"tRNS", b"\x00\xff")))
    assert pixels[0].tolist() == [[255, 255, 255], [0, 200, 0]]


@pytest.mark.parametrize("data", [b"\0", b"\0" * 300])
@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_I23_a_malformed_transparency_is_passed_over(mode, data):
    png = encoded(PICTURE.convert(mode), "PNG")
    if mode == "P" and len(data) == 1:
        return  # well formed there
    assert np.array_equal(decode(with_chunk(png, chunk(b"tRNS", data))), decode(png))


@pytest.mark.parametrize("before", [b"IDAT", b"IEND"])
@pytest.mark.parametrize(
    "added",
    [
        chunk(b"zTXt", b"workflow\0\0" + zlib.compress(b"node " * 400_000)),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"x " * 1_000_000)),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(bytes(3_000_000))),
        chunk(b"tEXt", b"prompt\0" + b"x" * 3_000_000),
        chunk(b"iCCP", b"wide gamut\0\0" + zlib.compress(bytes(2_000_000))),
        chunk(b"eXIf", b"II*\0" + bytes(2_000_000)),
        b"".join(chunk(b"tEXt", b"k%d\0v" % number) for number in range(10_000)),
        chunk(b"tEXt", b"interlace\0yes") + chunk(b"tEXt", b"transparency\0none") + chunk(b"tEXt", b"bbox\0all"),
        chunk(b"gAMA", b"\0") + chunk(b"cHRM", b"") + chunk(b"pHYs", b"abc") + chunk(b"sRGB", b""),
        chunk(b"tEXt", b"a\0b", is_sound=False) + chunk(b"pHYs", bytes(9), is_sound=False),
        chunk(b"tRNS", bytes(6), is_sound=False) + chunk(b"eXIf", b"II*\0", is_sound=False),
    ],
)
def test_I14_I15_metadata_of_a_png_never_spoils_its_pixels(added, before):
    png = with_chunk(encoded(PICTURE, "PNG"), added, before)
    assert np.array_equal(decode(png), HUES)
    assert probe(png) == (80, 60)


def test_a_png_turned_by_its_text_is_still_turned():
    exif = Image.Exif()
    exif[0x0112] = 6
    raw = exif.tobytes()
    text = f"\nexif\n{len(raw):8}\n{raw.hex()}\n"
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Raw profile type exif", text, zip=True)
    assert decode(encoded(PICTURE, "PNG", pnginfo=notes)).shape == (80, 60, 3)


@pytest.mark.parametrize(
    "options",
    [{}, {"quality": 95}, {"progressive": True}, {"restart_marker_blocks": 3}, {"optimize": True}, {"subsampling": 0}],
)
class TestJpegEnd:
    def test_I4_a_jpeg_that_lacks_only_its_end_is_read(self, options):
        whole = encoded(PICTURE, "JPEG", **options)
        for ending in (b"", b"\xff", bytes(500), b"\xff" * 9):
            assert np.array_equal(decode(whole[:-2] + ending), decode(whole)), ending[:3]
            assert probe(whole[:-2] + ending) == (80, 60)
        for ending in (b"garbage" * 99, whole, bytes(5000)):
            assert np.array_equal(decode(whole + ending), decode(whole)), ending[:3]

    def test_I4_a_jpeg_that_lacks_pixels_is_refused_also_when_it_is_filled_up(self, options):
        noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
        whole = encoded(Image.fromarray(noise), "JPEG", **options)
        for cut in [*range(4, 40), len(whole) // 10, len(whole) // 2]:
            for ending in (b"", bytes(2000)):
                assert refused(whole[:-cut] + ending).code == "corrupt-image", (cut, ending[:1])


@pytest.mark.filterwarnings("ignore:Image appears to be a malformed MPO")
@pytest.mark.parametrize("marker", [0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xFE])
@pytest.mark.parametrize(
    "start", [b"JFIF\0", b"Exif\0\0", b"MPF\0II*\0", b"ICC_PROFILE\0", b"Photoshop 3.0\0", b"Adobe"]
)
def test_I15_I20_broken_metadata_of_a_jpeg_never_spoils_its_pixels(marker, start):
    whole = encoded(PICTURE, "JPEG")
    for data in (start, start + b"\xff" * 30, start + bytes(60_000)):
        if data.startswith(b"Adobe") and marker == 0xEE and len(data) > 11:
            continue  # says how colours are stored
        segment = bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data
        content = whole[:2] + segment + whole[2:]
        assert np.array_equal(decode(content), decode(whole))
        assert probe(content) == (80, 60)


def test_a_jpeg_of_a_rare_kind_is_not_called_damaged():
    content = bytearray(encoded(PICTURE, "JPEG"))
    content[content.index(b"\xff\xc0") + 4] = 12
    assert refused(bytes(content)).code == "not-an-image" and "12 bits" in str(refused(bytes(content)))


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"GIF89a", "GIF"), (b"\0\0\0\x20ftypheic", "HEIC"), (b"\0\0\0\x20ftypavif", "AVIF"), (b"%PDF-1.7", "PDF")],
)
def test_I10_other_formats_are_named(content, name):
    error = refused(content + bytes(500))
    assert error.code == "not-an-image" and f"but {name}" in str(error)


def test_a_folder_is_no_picture_and_not_called_damaged(tmp_path):
    assert "folder" in str(refused(tmp_path))


@pytest.mark.skipif(os.name != "posix", reason="needs named pipes")
class TestPipes:
    def test_a_picture_is_read_out_of_a_pipe(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        content = encoded(Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 300, 3), np.uint8)), "PNG")
        writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(content,))
        writer.start()
        assert np.array_equal(decode(tmp_path / "pipe"), decode(content))
        writer.join()

    def test_a_pipe_that_nobody_writes_into_is_given_up(self, tmp_path, monkeypatch):
        monkeypatch.setattr(photo_bytes, "PIPE_SECONDS", 0.1)
        os.mkfifo(tmp_path / "pipe")
        assert "no data came out of the pipe" in str(refused(tmp_path / "pipe"))

    def test_endless_data_is_refused_at_the_limit(self):
        assert refused(photo_bytes.Path(os.devnull.replace("null", "zero"))).code == "file-too-large"
