"""Small copies of photos: small, kept, and honest about bad files."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from core.dataset import thumbnails
from core.dataset.thumbnails import encode_thumbnail, thumbnail
from core.errors import ImageError


@pytest.fixture
def photo(tmp_path):
    file = tmp_path / "photo.png"
    noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), np.uint8)
    Image.fromarray(noise).save(file)
    return file


def sha256_of(file) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_even_noise_fits_into_twenty_kilobytes(photo):
    content = encode_thumbnail(photo)
    assert len(content) <= 20_000
    assert content[8:12] == b"WEBP"


def test_a_second_look_comes_from_the_cache(photo, tmp_path, monkeypatch):
    first = thumbnail(photo, sha256_of(photo), tmp_path / "cache")
    monkeypatch.setattr(thumbnails, "encode_thumbnail", lambda _: pytest.fail("made twice"))
    assert thumbnail(photo, sha256_of(photo), tmp_path / "cache") == first


def test_another_version_of_decode_makes_them_anew(photo, tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(thumbnails, "encode_thumbnail", lambda _: made.append(1) or b"small")
    for version in ("1", "2", "1"):
        monkeypatch.setattr(thumbnails, "PIXELS_VERSION", version)
        assert thumbnail(photo, sha256_of(photo), tmp_path / "cache") == b"small"
    assert len(made) == 2


def test_a_cache_that_cannot_be_written_changes_nothing(photo, tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert thumbnail(photo, sha256_of(photo), tmp_path / "file")


def test_a_name_that_is_no_hash_never_becomes_a_path(photo, tmp_path):
    assert thumbnail(photo, "../../evil", tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_small_photo_is_not_enlarged(tmp_path):
    file = tmp_path / "small.png"
    Image.new("RGB", (20, 10)).save(file)
    with Image.open(__import__("io").BytesIO(encode_thumbnail(file))) as small:
        assert small.size == (20, 10)


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_a_bad_file_is_an_image_error(tmp_path, content):
    file = tmp_path / "bad.jpg"
    file.write_bytes(content)
    with pytest.raises(ImageError):
        thumbnail(file, "0" * 64, tmp_path / "cache")
    with pytest.raises(ImageError):
        thumbnail(tmp_path / "missing.jpg", "0" * 64, tmp_path / "cache")
