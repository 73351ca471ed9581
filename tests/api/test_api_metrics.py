"""The counters at /metrics, as Prometheus reads them."""

import pytest
from api_fakes import client_of, empty_source, make_client, make_paths, picture, predict
from prometheus_client.parser import text_string_to_metric_families


@pytest.fixture
def client(tmp_path):
    return make_client(tmp_path)


def counted(client) -> dict:
    """Value by name and labels."""
    response = client.get("/metrics")
    assert response.status_code == 200 and response.content_type.startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(response.get_data(as_text=True))
    samples = [sample for family in families for sample in family.samples]
    return {(sample.name, *sorted(sample.labels.values())): sample.value for sample in samples}


def test_answers_are_counted_by_route_and_status(client):
    for content in (picture(), picture(), b""):
        predict(client, content)
    found = counted(client)
    assert found[("tuskscope_requests_total", "/api/v1/predictions", "200", "POST")] == 2
    assert found[("tuskscope_requests_total", "/api/v1/predictions", "400", "POST")] == 1
    assert found[("tuskscope_request_seconds_count", "/api/v1/predictions")] == 3
    assert found[("tuskscope_served_run", "run-a")] == 1 and found[("process_resident_memory_bytes",)] > 0


def test_what_clients_invent_does_not_become_a_label(client):
    for number in range(20):
        client.get(f"/invented/{number}")
        client.open("/api/v1/runs", method=f"INVENT{number}")
        client.get(f"/api/v1/runs/run-{number}")
    labels = {label for key in counted(client) for label in key[1:]}
    assert not any("invented" in label or "INVENT" in label or label == "run-7" for label in labels)
    assert {"none", "other", "/api/v1/runs/<run_id>"} <= labels


def test_two_applications_in_a_process_count_for_themselves(client, tmp_path):
    predict(client, picture())
    other = client_of(make_paths(tmp_path / "other"), empty_source())
    found = counted(other)
    assert not any("/api/v1/predictions" in key for key in found)
    assert not any(key[0] == "tuskscope_served_run" for key in found)
