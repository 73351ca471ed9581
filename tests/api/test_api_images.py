"""Image input through the API: the troubles of docs/reliability.md, rows I1 to I29."""

import io
import struct
import zlib

import numpy as np
import pytest
from api_fakes import ask_page, encode, explain, make_client, multipart, photo, picture, predict, problem_of
from PIL import Image, PngImagePlugin, features


@pytest.fixture
def client(tmp_path):
    client = make_client(tmp_path)
    yield client
    assert client.get("/health/live").status_code == 200  # after every trouble it still works
    assert predict(client, picture()).get_json()["predictions"][0]["label"] == "African"


def refused(client, content: bytes, status: int, code: str) -> None:
    """Expects the same refusal from predictions, explanations and as a raw body."""
    for path in ("/api/v1/predictions", "/api/v1/explanations"):
        response = client.post(path, **multipart(content))
        assert (response.status_code, problem_of(response)) == (status, code)
    response = client.post("/api/v1/predictions", data=content, content_type="image/jpeg")
    assert (response.status_code, problem_of(response)) == (status, code)


def accepted(client, content: bytes) -> np.ndarray:
    """Expects an answer; returns the pixels that the predictor saw."""
    response = predict(client, content)
    assert response.status_code == 200, response.data
    return client.predictor.seen[-1]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""
    header = struct.pack(">IIBBBBB", width & 0xFFFFFFFF, height & 0xFFFFFFFF, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")
    )


def with_orientation(image: Image.Image, orientation: int, kind: str = "PNG") -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encode(image, kind, exif=exif)


def test_I1_an_empty_file_is_named_as_such(client):
    refused(client, b"", 400, "empty-file")


@pytest.mark.parametrize("content", [b"\xff", b"\xff\xd8", b"\x89PNG\r\n\x1a\n"])
def test_I2_a_mere_beginning_is_no_image(client, content):
    refused(client, content, 415, "not-an-image")


def test_I3_random_bytes_are_no_image(client):
    refused(client, np.random.default_rng(0).bytes(1_000_000), 415, "not-an-image")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_I4_I5_a_truncated_picture_is_corrupt(client, kind, share):
    content = photo(kind)
    response = predict(client, content[: int(len(content) * share)])
    # A JPEG cut inside its tables, or a WebP in its first bytes, is not even recognised.
    assert response.status_code in (415, 422) if share == 0.1 else response.status_code == 422
    assert problem_of(response) in ("corrupt-image", "not-an-image")


def test_I6_a_flipped_byte_in_a_png_is_corrupt(client):
    content = bytearray(photo("PNG"))
    content[content.index(b"IDAT") + 200] ^= 0xFF
    refused(client, bytes(content), 422, "corrupt-image")


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n%",
        b"PK\x03\x04" + b"\0" * 40,
        b"MZ" + b"\0" * 200,
    ],
)
def test_I7_other_files_named_jpg_are_refused_and_never_echoed(client, content):
    refused(client, content, 415, "not-an-image")
    response = predict(client, content)
    assert b"<script>" not in response.data and b"svg" not in response.data


def test_I8_only_pixels_of_a_polyglot_come_back(client):
    script = b"<script>alert(1)</script>"
    content = photo("JPEG", comment=script) + script
    assert script in content
    accepted(client, content)
    response = explain(client, content)
    assert response.content_type == "image/png" and script not in response.data
    page = ask_page(client, content)
    assert page.status_code == 200 and script not in page.data


def test_I9_content_decides_and_not_the_name(client):
    accepted(client, photo("PNG"))


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "ICO", "EPS", "AVIF", "JPEG2000", "PDF"])
def test_I10_other_formats_are_refused_with_the_accepted_list(client, kind):
    if (kind == "AVIF" and not features.check("avif")) or (kind == "JPEG2000" and not features.check("jpg_2000")):
        pytest.skip(f"this Pillow cannot write {kind}")
    content = photo(kind)
    refused(client, content, 415, "not-an-image")
    assert "JPEG, PNG or WebP" in predict(client, content).get_json(force=True)["detail"]


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_I11_a_png_bomb_is_refused_from_its_header(client):
    header = struct.pack(">IIBBBBB", 13300, 13300, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"never read") + chunk(b"IEND", b"")
    refused(client, bomb, 413, "too-many-pixels")  # reading on would end in not-an-image


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(2**31, 2**31), (65535, 65535), (0, 100), (1, 1_000_000), (2**31 - 1, 1)])
def test_I12_impossible_sizes_are_refused(client, size):
    response = predict(client, png_of_size(*size))
    assert response.status_code in (413, 415, 422)
    assert problem_of(response) in ("too-many-pixels", "corrupt-image", "not-an-image")


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_I13_forty_megapixels_are_allowed(client, kind):
    accepted(client, picture((10, 20, 200), (8000, 5000), kind=kind))


def test_I14_huge_text_chunks_are_passed_over(client):
    text = PngImagePlugin.PngInfo()
    for number in range(3):
        text.add_text(f"k{number}", "a" * 40_000_000, zip=True)
    accepted(client, picture(kind="PNG", pnginfo=text))


@pytest.mark.parametrize("profile", [b"nonsense", bytes(5_000_000)])
def test_I15_colour_profiles_are_ignored(client, profile):
    accepted(client, picture(kind="JPEG", icc_profile=profile))


def test_I16_the_first_frame_of_an_animated_png_counts(client):
    frames = [Image.new("RGB", (40, 40), colour) for colour in ((250, 0, 0), (0, 0, 250))]
    content = encode(frames[0], "PNG", save_all=True, append_images=frames[1:])
    assert accepted(client, content)[0, 0].tolist() == [250, 0, 0]


def test_I16_a_broken_frame_sequence_is_no_server_error(client):
    frames = [Image.new("RGB", (40, 40), colour) for colour in ((250, 0, 0), (0, 0, 250))]
    content = bytearray(encode(frames[0], "PNG", save_all=True, append_images=frames[1:]))
    start = content.index(b"fcTL")
    content[start + 4 : start + 8] = b"\0\0\0\x09"  # its number is out of order
    content[start + 30 : start + 34] = struct.pack(">I", zlib.crc32(content[start : start + 30]))
    assert predict(client, bytes(content)).status_code in (200, 415, 422)  # Pillow may not even recognise it


def test_I17_the_first_frame_of_an_animated_webp_counts(client):
    frames = [Image.new("RGB", (16, 16), (250, 0, number % 250)) for number in range(200)]
    content = encode(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert accepted(client, content)[0, 0].tolist() == [250, 0, 0]


def test_I18_a_phone_picture_with_two_frames_gives_its_first(client):
    first, second = Image.new("RGB", (64, 64), (250, 0, 0)), Image.new("RGB", (64, 64), (0, 0, 250))
    seen = accepted(client, encode(first, "MPO", save_all=True, append_images=[second]))
    assert seen[..., 0].mean() > 200 and seen[..., 2].mean() < 50


def test_I19_the_prediction_does_not_depend_on_how_the_camera_was_held(client):
    upright = np.zeros((30, 40, 3), np.uint8)
    upright[:10, :, 0], upright[:, :15, 2] = 240, 90
    undo = {
        2: "FLIP_LEFT_RIGHT",
        3: "ROTATE_180",
        4: "FLIP_TOP_BOTTOM",
        5: "TRANSPOSE",
        6: "ROTATE_90",
        7: "TRANSVERSE",
        8: "ROTATE_270",
    }
    for orientation in range(1, 9):
        stored = Image.fromarray(upright)
        if orientation in undo:
            stored = stored.transpose(Image.Transpose[undo[orientation]])
        np.testing.assert_array_equal(accepted(client, with_orientation(stored, orientation)), upright)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff",
        b"Exif\0\0" + bytes(60_000),
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x63\0\0\0\0\0\x08",
    ],
)
def test_I20_broken_exif_is_ignored(client, exif):
    accepted(client, picture(kind="JPEG", exif=exif))


def test_I21_print_colours_are_read(client):
    seen = accepted(client, picture((0, 255, 255, 0), mode="CMYK", kind="JPEG"))  # red in print
    assert seen[..., 0].mean() > 180 and seen[..., 2].mean() < 80


def test_I22_sixteen_bit_grey_is_scaled_and_not_clipped(client):
    grey = Image.fromarray(np.full((40, 40), 0x8000, np.uint16))
    assert abs(accepted(client, encode(grey, "PNG")).mean() - 128) < 2


@pytest.mark.parametrize("mode, colour", [("1", 0), ("L", 0), ("P", 0), ("LA", (0, 0)), ("RGBA", (0, 0, 0, 0))])
def test_I23_every_mode_is_put_on_white(client, mode, colour):
    seen = accepted(client, picture(colour, mode=mode, kind="PNG"))
    assert seen.mean() == (255 if mode in ("LA", "RGBA") else 0)


@pytest.mark.parametrize("colour, size", [((0, 0, 0), (50, 50)), ((255, 255, 255), (50, 50)), ((9, 9, 9), (1, 1))])
def test_I24_blank_and_tiny_pictures_give_finite_numbers_and_a_warning(client, colour, size):
    content = picture(colour, size, kind="PNG")
    record = predict(client, content).get_json()["predictions"][0]
    assert np.isfinite(record["probability"]) and sum(record["probabilities"].values()) == pytest.approx(1)
    response = explain(client, content)
    assert response.status_code == 200
    page = ask_page(client, content)
    assert page.status_code == 200 and b"Tiny or blank picture" in page.data


def test_I25_a_heat_map_of_nothing_is_flat(client):
    grey = picture((120, 120, 120), (80, 60), kind="PNG")  # both maps are equal: nothing speaks for either class
    response = explain(client, grey, opacity="1")
    pixels = np.asarray(Image.open(io.BytesIO(response.data)))
    assert pixels.shape == (60, 80, 3) and len(np.unique(pixels.reshape(-1, 3), axis=0)) == 1


def test_I26_a_model_that_gives_no_numbers_is_an_error_of_its_own(client):
    from core.errors import RunInvalidError

    client.predictor.failure = RunInvalidError("The run gave numbers that are not finite.")
    response = predict(client, picture())
    assert (response.status_code, problem_of(response)) == (500, "model-output-invalid")
    client.predictor.failure = None


@pytest.mark.parametrize("kind", ["form", "body"])
def test_I27_ten_megabytes_and_one_byte_are_too_much(client, kind):
    content = picture() + bytes(10 * 2**20 + 1 - len(picture()))
    request = multipart(content) if kind == "form" else {"data": content, "content_type": "image/jpeg"}
    response = client.post("/api/v1/predictions", **request)
    assert (response.status_code, problem_of(response)) == (413, "file-too-large")


def test_I27_a_body_far_beyond_the_limit_is_not_read(client):
    class Endless(io.RawIOBase):
        asked = 0

        def tell(self) -> int:
            return 0

        def seek(self, *_) -> int:
            return 0

        def read(self, size: int = -1) -> bytes:
            Endless.asked += size
            return bytes(size)

    response = client.post(
        "/api/v1/predictions",
        input_stream=Endless(),
        content_type="image/jpeg",
        environ_overrides={"CONTENT_LENGTH": str(2**30)},
    )
    assert (response.status_code, problem_of(response)) == (413, "too-large")
    assert 0 <= Endless.asked < 2**20


@pytest.mark.parametrize(
    "request_",
    [
        multipart(),
        multipart(image="text"),
        multipart(picture(), name="file"),
        multipart(picture(), note="hello"),
        multipart(*[picture()] * 17),
    ],
    ids=["nothing", "text", "wrong name", "unknown field", "17 files"],
)
def test_I28_the_field_image_is_required_and_nothing_else(client, request_):
    response = client.post("/api/v1/predictions", **request_)
    assert (response.status_code, problem_of(response)) == (400, "image-field")


def test_I28_an_explanation_takes_exactly_one_file(client):
    response = client.post("/api/v1/explanations", **multipart(picture(), picture()))
    assert (response.status_code, problem_of(response)) == (400, "image-field")


def test_I28_a_form_without_a_boundary_has_no_file(client):
    response = client.post("/api/v1/predictions", data=b"abc", headers={"Content-Type": "multipart/form-data"})
    assert (response.status_code, problem_of(response)) == (400, "image-field")


@pytest.mark.parametrize("kind", ["image/jpg", "image/*", "image/gif", "image/x-png", "application/octet-stream"])
def test_I9_I29_a_picture_under_a_common_type_is_read_by_its_content(client, kind):
    response = client.post("/api/v1/predictions", data=picture(), headers={"Content-Type": kind})
    assert response.status_code == 200
    response = client.post("/api/v1/predictions", data=b"GIF89a", headers={"Content-Type": kind})
    assert (response.status_code, problem_of(response)) == (415, "not-an-image")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/pdf", "video/mp4", ""])
def test_I29_a_wrong_content_type_is_refused(client, kind):
    response = client.post("/api/v1/predictions", data=picture(), headers={"Content-Type": kind})
    assert (response.status_code, problem_of(response)) == (415, "unsupported-media-type")


def test_I29_a_picture_is_no_json_and_explanations_take_none(client):
    headers = {"Content-Type": "application/json"}
    response = client.post("/api/v1/predictions", data=picture(), headers=headers)
    assert (response.status_code, problem_of(response)) == (400, "invalid-json")
    response = client.post("/api/v1/explanations", data=picture(), headers=headers)
    assert (response.status_code, problem_of(response)) == (415, "unsupported-media-type")


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")
def test_I30_a_thousand_mutations_give_no_server_error(client):
    rng = np.random.default_rng(30)
    originals = [photo(kind, (64, 48)) for kind in ("JPEG", "PNG", "WEBP")]
    for number in range(1000):
        content = bytearray(originals[number % 3])
        for position in rng.integers(0, len(content), rng.integers(1, 8)):
            content[position] = rng.integers(0, 256)
        assert predict(client, bytes(content)).status_code in (200, 413, 415, 422)
