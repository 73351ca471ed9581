"""I30: thousands of mutated pictures through every door of the API are answered or refused; never a server error."""

import base64
import os
import random

import pytest
from api_fakes import make_client, multipart
from test_fuzz_pictures import mutated, seeds

NUM_PICTURES = int(os.environ.get("TUSKSCOPE_FUZZ_API", "2000"))


def doors(content: bytes) -> list[tuple[str, dict]]:
    """Every way in which a picture can come."""
    text = base64.b64encode(content).decode()
    tensor = {"name": "image", "datatype": "BYTES", "shape": [1], "data": [text]}
    return [
        ("/api/v1/predictions", multipart(content)),
        ("/api/v1/predictions", {"data": content, "content_type": "application/octet-stream"}),
        ("/api/v1/predictions?explain=1", {"json": {"images": [text, "data:image/png;base64," + text]}}),
        ("/api/v1/explanations", {"data": content, "content_type": "image/webp"}),
        ("/v1/models/tuskscope:predict", {"json": {"instances": [{"b64": text}]}}),
        ("/v2/models/tuskscope/infer", {"json": {"inputs": [tensor]}}),
        ("/", multipart(content)),
    ]


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")
def test_I30_B3_thousands_of_mutated_pictures_give_no_server_error(tmp_path, note_figure):
    client, chance, originals = make_client(tmp_path), random.Random(30), seeds()
    for number in range(NUM_PICTURES):
        content = mutated(chance.choice(originals), chance)
        address, request = doors(content)[number % 7]
        response = client.post(address, **request)
        assert response.status_code in (200, 400, 413, 415, 422), (number, address, response.data[:200])
    note_figure("B3", f"{NUM_PICTURES:,} pictures through the API: 0 server errors")
