"""Untrusted bytes: RELIABILITY rows I1-I24."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from core.dataset.images import MAX_BYTES, decode, probe, resize
from core.errors import ImageError

GRADIENT = np.stack([*np.meshgrid(np.arange(48) * 5, np.arange(32) * 7), np.full((32, 48), 90)], -1).astype(np.uint8)


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def refused(content: bytes) -> str:
    with pytest.raises(ImageError) as caught:
        decode(content)
    return caught.value.code


def test_I1_refuses_zero_bytes():
    assert refused(b"") == "empty-file"


@pytest.mark.parametrize("content", [b"\xff", b"\xff\xd8", b"\x89PNG\r\n\x1a\n"])
def test_I2_refuses_a_lone_signature(content):
    assert refused(content) in ("not-an-image", "corrupt-image")


def test_I3_refuses_random_bytes():
    assert refused(np.random.default_rng(0).bytes(1_000_000)) == "not-an-image"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.98])
def test_I4_I5_refuses_truncated_pictures(kind, share):
    content = encoded(Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)), kind)
    assert refused(content[: int(len(content) * share)]) in ("corrupt-image", "not-an-image")


def test_I6_refuses_a_flipped_byte_in_png_data():
    content = bytearray(encoded(Image.fromarray(GRADIENT), "PNG"))
    content[len(content) // 2] ^= 0xFF
    assert refused(bytes(content)) == "corrupt-image"


@pytest.mark.parametrize(
    "content",
    [b"<html><script>alert(1)</script></html>", b"<svg xmlns='...'/>", b"%PDF-1.7", b"PK\x03\x04rest", b"MZ\x90\x00"],
)
def test_I7_refuses_other_files_whatever_their_name(content):
    assert refused(content * 50) == "not-an-image"


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "ICO"])
def test_I10_refuses_other_picture_formats(kind):
    assert refused(encoded(Image.fromarray(GRADIENT), kind)) == "not-an-image"


@pytest.mark.parametrize("size", [(13_300, 13_300), (65_535, 65_535), (20_000, 10)])
def test_I11_I12_refuses_too_many_pixels_from_the_header(size):
    assert refused(png_header(*size)) == "too-many-pixels"


def test_I12_refuses_impossible_sizes():
    assert refused(png_header(2**31 - 1, 2**31 - 1)) in ("too-many-pixels", "corrupt-image", "not-an-image")
    assert refused(png_header(0, 10)) in ("corrupt-image", "not-an-image")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_I19_turns_photos_upright(orientation):
    upright = Image.fromarray(GRADIENT)
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(stored, "PNG", exif=exif)
    assert np.array_equal(decode(content), GRADIENT)
    assert probe(content) == (48, 32)


def test_I20_ignores_broken_exif():
    content = encoded(Image.fromarray(GRADIENT), "PNG", exif=b"Exif\x00\x00" + b"\xff" * 500)
    assert decode(content).shape == (32, 48, 3)


def test_I21_converts_cmyk():
    red = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG")
    assert np.abs(decode(red).reshape(-1, 3).mean(axis=0) - (255, 0, 0)).max() < 10


def test_I22_scales_sixteen_bit_grey_instead_of_clipping():
    grey = np.full((16, 16), 32_768, np.uint16)
    assert abs(decode(encoded(Image.fromarray(grey), "PNG")).mean() - 127.5) < 1


def test_I23_puts_transparency_on_white():
    assert decode(encoded(Image.new("RGBA", (8, 8), (255, 0, 0, 0)), "PNG")).min() == 255
    assert decode(encoded(Image.new("LA", (8, 8), (0, 0)), "PNG")).min() == 255
    palette = Image.new("P", (8, 8), 0)
    assert decode(encoded(palette, "PNG", transparency=0)).min() == 255


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_I23_reads_simple_modes(mode):
    assert decode(encoded(Image.new(mode, (8, 8), 1), "PNG")).shape == (8, 8, 3)


def test_I27_refuses_large_files_unread():
    assert refused(b"\xff\xd8" + bytes(MAX_BYTES)) == "file-too-large"


def test_I17_reads_the_first_frame_of_an_animation():
    first, second = Image.new("RGB", (8, 8), (255, 0, 0)), Image.new("RGB", (8, 8), (0, 0, 255))
    content = encoded(first, "WEBP", save_all=True, append_images=[second], lossless=True)
    assert decode(content)[0, 0].tolist() == [255, 0, 0]


def test_decodes_a_large_jpeg_smaller_but_never_below_what_is_needed():
    content = encoded(Image.fromarray(np.zeros((2000, 3000, 3), np.uint8)), "JPEG")
    assert decode(content, shortest_side=512).shape == (1000, 1500, 3)
    assert decode(content, shortest_side=None).shape == (2000, 3000, 3)


def test_resize_squashes_the_whole_picture():
    half = np.zeros((40, 80, 3), np.uint8)
    half[:, 40:] = 255
    small = resize(half, (20, 20))
    assert small.shape == (20, 20, 3)
    assert abs(small.mean() - 127.5) < 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("size", [(640, 480), (20, 30), (224, 224), (2400, 1800)])
def test_a_photo_squashed_while_it_is_decoded_has_the_same_pixels(kind, size):
    coarse = Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 12, 3), dtype=np.uint8))
    content = encoded(coarse.resize(size, Image.Resampling.BICUBIC), kind)
    expected = resize(decode(content), (224, 200))
    np.testing.assert_array_equal(decode(content, image_size=(224, 200)), expected)
