"""The description at /openapi.json is valid, complete and true; /docs shows it without an outside address."""

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from api_fakes import FakePredictor, client_of, explain, make_paths, make_run, picture, predict
from conftest import draw_world
from openapi_spec_validator import validate

from core.dataset import decisions
from core.dataset.index import index_dataset
from core.files import write_parquet
from core.review.stored import ranking_file
from core.runs import registry

METHODS = ("get", "post", "delete")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A client with one dataset that was ranked, one decision and one served run that has all its files."""
    paths = make_paths(tmp_path_factory.mktemp("openapi"))
    dataset = index_dataset(draw_world(paths.data_dir / "photos", 4, 2), paths)
    ranking = dataset.usable[["path", "split", "sha256"]].assign(
        given_label=dataset.usable["label"],
        suggested_label="Asian",
        score=0.9,
        reason="looks like Asian",
        kind="class",
    )
    write_parquet(ranking_file(dataset), ranking)
    decisions.decide(dataset, dataset.usable["path"].iloc[0], "keep")
    run = make_run(paths)
    (run.folder / "README.md").write_text("# card")
    (run.folder / "history.csv").write_text("epoch,loss,accuracy,val_loss,val_accuracy\n1,0.5,0.7,,\n")
    registry.promote(paths, run.run_id)
    return client_of(paths, FakePredictor(run, subject_score=0.9))


@pytest.fixture(scope="module")
def spec(client) -> dict:
    return client.get("/openapi.json").get_json()


def operations(spec: dict) -> dict[str, dict]:
    return {item["operationId"]: item for path in spec["paths"].values() for item in path.values()}


def conforms(spec: dict, schema: dict, value) -> None:
    jsonschema.Draft202012Validator({**schema, "components": spec["components"]}).validate(value)


def test_it_is_valid_openapi_3_1(spec):
    assert spec["openapi"] == "3.1.0"
    validate(spec)


def test_every_route_of_the_api_is_described(client, spec):
    described = {(path, method.upper()) for path, item in spec["paths"].items() for method in item if method in METHODS}
    for rule in client.application.url_map.iter_rules():
        path = re.sub(r"<(?:model:)?(\w+)>", r"{\1}", rule.rule)
        if path.startswith(("/api", "/health", "/metrics", "/v1", "/v2")):
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                assert (path, method) in described, (path, method)
    assert len(operations(spec)) == len(described)  # operation ids are unique


def test_every_operation_has_words_and_an_example(spec):
    for name, item in operations(spec).items():
        assert item["summary"].endswith(".") and item["tags"], name
        good = [answer for status, answer in item["responses"].items() if status.startswith("2")]
        contents = [content for answer in good for content in answer.get("content", {}).items()]
        texts = [content for kind, content in contents if "json" in kind or kind.startswith("text/")]
        assert good and all("example" in content for content in texts), name
        without = {parameter["name"] for parameter in item["parameters"] if "example" not in parameter}
        assert without <= {"sets"}, name  # not every run can give them: a tool must not fill it in


def test_every_example_has_the_shape_that_is_promised(spec):
    for item in operations(spec).values():
        for part in [*item["responses"].values(), item.get("requestBody", {})]:
            for content in part.get("content", {}).values():
                examples = [content["example"]] if "example" in content else []
                examples += [example["value"] for example in content.get("examples", {}).values()]
                for example in examples:
                    conforms(spec, content["schema"], example)
        for parameter in item["parameters"]:
            if "example" in parameter:
                conforms(spec, parameter["schema"], parameter["example"])


def test_the_examples_of_problems_are_those_of_the_documentation(spec):
    from api.problems import PROBLEMS

    without_code = {"unknown-model", "client-gone"}  # an error of the other protocols; nobody is there to read it
    words = (Path(__file__).parent.parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
    for name, (status, _) in PROBLEMS.items():
        if name in without_code:
            continue
        row = next((line for line in words.splitlines() if line.startswith("|") and f"`{name}`" in line), "")
        assert str(status) in row, name


@pytest.mark.parametrize(
    "name, path",
    [
        ("list_datasets", "/api/v1/datasets"),
        ("show_dataset", "/api/v1/datasets/photos"),
        ("show_statistics", "/api/v1/datasets/photos/statistics"),
        ("list_photos", "/api/v1/datasets/photos/photos"),
        ("list_suspects", "/api/v1/datasets/photos/suspects"),
        ("list_decisions", "/api/v1/datasets/photos/decisions"),
        ("list_runs", "/api/v1/runs"),
        ("show_run", "/api/v1/runs/run-a"),
        ("show_history", "/api/v1/runs/run-a/history"),
        ("show_evaluation", "/api/v1/runs/run-a/evaluation"),
        ("list_promotions", "/api/v1/promotions"),
        ("live", "/health/live"),
        ("ready", "/health/ready"),
    ],
)
def test_answers_have_the_shape_that_is_promised(client, spec, name, path):
    response = client.get(path)
    promised = operations(spec)[name]["responses"][str(response.status_code)]["content"][response.content_type]
    assert response.status_code == 200
    conforms(spec, promised["schema"], response.get_json())


def test_predictions_and_explanations_have_the_shape_that_is_promised(client, spec):
    schema = operations(spec)["create_predictions"]["responses"]["200"]["content"]["application/json"]["schema"]
    conforms(spec, schema, predict(client, picture(), b"broken").get_json())
    options = {"data": picture(), "content_type": "image/jpeg"}
    conforms(spec, schema, client.post("/api/v1/predictions?explain=1&top=1", **options).get_json())
    promised = operations(spec)["create_explanation"]["responses"]["200"]["content"]
    for kind in ("png", "json", "npy"):
        response = explain(client, picture(), f"?format={kind}")
        assert response.content_type in promised
    response = explain(client, picture(), "?format=json&size=16")
    conforms(spec, promised["application/json"]["schema"], response.get_json())


def test_changes_name_the_key_and_reading_does_not(spec):
    secured = {name for name, item in operations(spec).items() if item.get("security") == [{"key": []}]}
    assert secured == {"create_run", "delete_run", "cancel_run", "promote_run", "roll_back"} | {
        "decide",
        "decide_many",
        "name_classes",
    }


def test_the_settings_of_a_training_are_those_of_core(spec):
    from core.runs.config import setting_names

    schema = operations(spec)["create_run"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["properties"]["settings"]["properties"]) == set(setting_names())


def test_the_shape_of_statistics_is_that_of_core(spec):
    from pydantic import TypeAdapter

    from core.dataset.statistics import DatasetStatistics

    def bare(schema):
        """Without words: only what decides whether an answer fits."""
        if not isinstance(schema, dict):
            return [bare(item) for item in schema] if isinstance(schema, list) else schema
        properties = {name: bare(item) for name, item in schema.get("properties", {}).items()}
        rest = {key: bare(item) for key, item in schema.items() if key not in ("title", "description", "properties")}
        return {**rest, "properties": properties} if properties else rest

    expected = TypeAdapter(DatasetStatistics).json_schema(
        mode="serialization", ref_template="#/components/schemas/{model}"
    )
    ours = spec["components"]["schemas"]
    for name, schema in {"DatasetStatistics": expected, **expected.pop("$defs")}.items():
        assert bare(ours[name]) == bare(schema), name


def test_what_is_inherited_and_what_core_says_of_an_attribute_is_described(spec):
    shapes = spec["components"]["schemas"]
    assert shapes["DuplicateCounts"]["properties"]["exact_pairs"]["description"] == "Equal bytes."
    assert shapes["ExplainedPrediction"]["properties"]["label"]["description"] == "The most probable class."
    assert not any("Attributes:" in shape.get("description", "") for shape in shapes.values())


def test_describing_loads_no_scikit_learn():
    code = (
        "import sys; from api.app import create_app\n"
        "create_app(predictor=object()).test_client().get('/openapi.json').get_json()['components']['schemas']['Runs']\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'sklearn', 'tensorflow'}))"
    )
    root = Path(__file__).resolve().parent.parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_the_docs_page_names_no_outside_address_and_nothing_inline(client):
    response = client.get("/docs")
    text = response.get_data(as_text=True)
    assert response.status_code == 200 and "http" not in text
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "script-src 'self'" in policy
    assert not re.search(r"<script[^>]*>[^<]", text) and "style=" not in text
    for address in re.findall(r'(?:src|href)="([^"]+)"', text):
        answer = client.get(address)
        assert answer.status_code == 200 and len(answer.data) > 100, address
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["index.html", "..%2fREADME.md", "../README.md", "swagger-ui.js", "docs.js"])
def test_H10_only_the_named_files_of_the_docs_are_served(client, name):
    assert client.get(f"/docs/{name}").status_code == 404


def test_describing_costs_nothing_until_somebody_asks(tmp_path):
    client = client_of(make_paths(tmp_path), None)
    assert client.application._spec is None
    assert json.loads(client.get("/openapi.json").data)["info"]["title"] == "Tuskscope"
