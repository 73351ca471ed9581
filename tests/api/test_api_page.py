"""The upload page: one request, at most 40 KB, no need for scripts, and an answer a person understands."""

import base64
import hashlib
import io
import json
import re

import numpy as np
import pytest
import tiny_run
from api_fakes import FakePredictor, ask_page, client_of, make_client, make_paths, make_run, photo, picture
from PIL import Image

from api.pictures import photo_address
from api.upload_page import inlined

KILOBYTES_40 = 40_000


@pytest.fixture
def client(tmp_path):
    return make_client(tmp_path)


def text_of(response) -> str:
    assert response.content_type == "text/html; charset=utf-8"
    return response.get_data(as_text=True)


def test_the_empty_page_is_small_and_needs_nothing_else(client):
    page = text_of(client.get("/"))
    assert len(page.encode()) < KILOBYTES_40 and page.startswith("<!doctype html>")
    assert page.count("<script>") == 1 and "@import" not in page and "url(" not in page
    assert all(address.startswith(("data:", "/")) for address in re.findall(r'(?:src|href|action)="([^"]*)"', page))
    assert "African" in page and "Asian" in page and "run-a" in page


def test_the_policy_allows_exactly_the_style_sheet_the_script_and_data_pictures(client):
    response = client.get("/")
    sheet = re.search(r"<style>(.*?)</style>", text_of(response), re.S).group(1)
    script = re.search(r"<script>(.*?)</script>", text_of(response), re.S).group(1)
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    script_digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = response.headers["Content-Security-Policy"]
    assert (
        f"style-src 'sha256-{digest}'" in policy
        and f"script-src 'sha256-{script_digest}';" in policy
        and "img-src data:;" in policy
    )
    assert ' style="' not in text_of(response) and not re.search(r'\son[a-z]+="', text_of(response))


def test_an_answer_is_a_sentence_with_bars_and_heat_maps(client):
    response = ask_page(client, photo())
    page = text_of(response)
    assert response.status_code == 200
    assert re.search(r"<h1>(African, \d\d %|Asian, \d\d %|Not sure: .* %)</h1>", page)
    assert page.count('class="heat h') == 2 and page.count('type="radio"') == 3
    assert "Evidence for African" in page and "Evidence for Asian" in page


@pytest.mark.parametrize("size", [(4000, 3000), (1000, 3000), (640, 480), (1, 1), (3000, 20)])
def test_a_page_with_an_answer_stays_below_40_kilobytes(client, size):
    noise = np.random.default_rng(1).integers(0, 256, (size[1] // 8 + 1, size[0] // 8 + 1, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize(size).save(buffer, "JPEG", quality=80)
    page = text_of(ask_page(client, buffer.getvalue()))
    assert len(page.encode()) < KILOBYTES_40


def test_pictures_in_the_page_hold_pixels_only(client):
    content = picture((200, 30, 30), (900, 600), kind="JPEG", comment=b"secret comment")
    addresses = re.findall(r'src="data:image/webp;base64,([^"]+)"', text_of(ask_page(client, content)))
    images = [Image.open(io.BytesIO(base64.b64decode(address))) for address in addresses]
    assert [image.mode for image in images] == ["RGB", "RGBA", "RGBA"] and images[0].size == (512, 341)
    assert not any(b"secret" in base64.b64decode(address) for address in addresses)
    assert all(not image.getexif() for image in images)


def test_a_heat_map_is_transparent_where_nothing_spoke(client):
    image = Image.new("RGB", (70, 70), (128, 128, 128))
    image.paste((255, 0, 0), (0, 0, 35, 70))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    address = re.findall(
        r'class="heat h1" src="data:image/webp;base64,([^"]+)"', text_of(ask_page(client, buffer.getvalue()))
    )
    alpha = np.asarray(Image.open(io.BytesIO(base64.b64decode(address[0]))))[..., 3].astype(int)
    assert alpha[:, :20].min() > 120 and alpha[:, -20:].max() < 10


def test_an_unsure_answer_asks_for_a_person(client):
    page = text_of(ask_page(client, picture((110, 100, 100), kind="PNG")))
    assert "<h1>Not sure: African 52 %</h1>" in page and "Needs a person" in page


def test_a_photo_of_something_else_is_said_with_the_classes_of_the_run(tmp_path):
    paths = make_paths(tmp_path)
    client = client_of(paths, FakePredictor(make_run(paths, class_names=("cat", "dog")), subject_score=0.1))
    page = text_of(ask_page(client, picture()))
    assert "<h1>Probably none of cat, dog</h1>" in page
    assert "African" not in page and "lephant" not in page


def test_a_class_name_cannot_bring_markup(tmp_path):
    paths = make_paths(tmp_path)
    evil = ("<img src=x onerror=alert(1)>", "b\"'&")
    page = text_of(ask_page(client_of(paths, FakePredictor(make_run(paths, class_names=evil))), picture()))
    assert "<img src=x" not in page and "&lt;img src=x" in page


def test_accuracy_comes_with_n_interval_labels_and_split(client):
    result = tiny_run.evaluation()[0]["test"] | {"accuracy": {"value": 0.922, "low": 0.873, "high": 0.953, "n": 179}}
    (client.paths.models_dir / "run-a" / "evaluation.json").write_text(json.dumps({"test": result}))
    assert "92.2 % accuracy (87.3–95.3, n = 179, given labels, test)" in text_of(client.get("/"))


@pytest.mark.parametrize(
    "content, status, words",
    [
        (b"", 400, "The file is empty."),
        (b"GIF89a", 415, "not a JPEG, PNG"),
        (photo()[:2000], 422, "damaged or incomplete"),
    ],
)
def test_an_error_is_one_sentence_with_its_status_on_the_same_page(client, content, status, words):
    response = ask_page(client, content)
    page = text_of(response)
    assert response.status_code == status and words in page and 'role="alert"' in page
    assert 'type="file"' in page  # one can try again at once


def test_I27_the_page_knows_how_much_can_be_sent_at_once_and_offers_another_try(tmp_path):
    client = make_client(tmp_path, max_body=2 * 2**20 + 65_536)
    assert 'data-limit="2097152"' in text_of(client.get("/")) and "2 MB in all" in text_of(client.get("/"))
    response = ask_page(client, bytes(2**20), bytes(2**21))
    assert response.status_code == 413 and response.mimetype == "text/html"
    assert "The request is too large" in text_of(response) and 'type="file"' in text_of(response)


def test_too_many_files_or_none_are_refused_on_the_page(client):
    assert ask_page(client).status_code == 400 and ask_page(client, *[picture()] * 7).status_code == 400
    assert ask_page(client, b"", filename="").status_code == 400  # what a browser sends when nothing was chosen


def test_several_photos_get_an_answer_each_and_a_bad_one_spoils_only_its_own(client):
    response = ask_page(client, picture((250, 0, 0)), b"no picture", picture((0, 0, 250)))
    page = text_of(response)
    assert response.status_code == 200 and page.count("<article") == 3 and page.count("<h1>") == 1
    assert re.findall(r"<h2>(A\w+), .*%</h2>", page) == ["African", "Asian"]
    assert "<h2>Photo 2</h2>" in page and "not a JPEG" in page
    assert len(set(re.findall(r'name="(layer\d)"', page))) == 2  # each photo has its own toggle


def test_an_empty_camera_field_beside_a_chosen_photo_does_not_matter(client):
    head = 'Content-Disposition: form-data; name="image"; filename="{}"\r\n\r\n'
    parts = [head.format("a.jpg").encode() + picture(), head.format("").encode()]
    body = b"".join(b"--limit\r\n" + part + b"\r\n" for part in parts) + b"--limit--\r\n"
    assert client.post("/", data=body, content_type="multipart/form-data; boundary=limit").status_code == 200


@pytest.mark.parametrize("number", [2, 3, 6])
def test_a_page_with_several_answers_stays_below_40_kilobytes(client, number):
    noise = np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize((1600, 1200)).save(buffer, "JPEG", quality=60)
    page = text_of(ask_page(client, *[buffer.getvalue()] * number))
    assert page.count("<article") == number and len(page.encode()) < KILOBYTES_40


def test_every_field_has_a_label(client):
    page = text_of(ask_page(client, picture()))
    assert all(f'for="{name}"' in page and f'id="{name}"' in page for name in ("image", "camera"))
    assert '<html lang="en">' in page
    for tag in re.findall(r"<img [^>]*>", page):
        assert "alt=" in tag
    assert page.count("<h1>") == 1


def test_many_classes_share_the_space(tmp_path):
    paths = make_paths(tmp_path)
    predictor = FakePredictor(make_run(paths, class_names=tuple(f"class {number}" for number in range(2))))
    assert text_of(ask_page(client_of(paths, predictor), picture())).count('class="row"') == 2


def test_the_style_sheet_follows_the_system_and_prints():
    assert (
        "prefers-color-scheme:dark" in inlined("css")
        and "@media print" in inlined("css")
        and len(inlined("css")) < 10_000
    )


def test_a_small_photo_is_not_enlarged():
    address = photo_address(np.zeros((10, 20, 3), np.uint8))
    assert Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).size == (20, 10)
