"""The tiny world of the API tests: a predictor without a model, jobs without a worker, pictures on demand."""

import io
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from flask.testing import FlaskClient
from PIL import Image

from api.app import create_app
from api.settings import Settings
from core.errors import BusyError, NoActiveRunError
from core.files import sha256_of
from core.paths import Paths
from core.prediction.predictor import Prediction
from core.runs import registry
from core.runs.contents import DatasetReference
from core.runs.folder import SERVED_FILE, Run
from core.runs.presets import preset
from core.runs.staging import stage, write

ORIGIN = "http://localhost"


class FakePredictor:
    """Answers by colour: the redder, the more `African`; its class maps are the colours by place."""

    def __init__(self, run: Run, subject_score: float | None = None, has_maps: bool = True):
        self.run = run
        self.subject_score = subject_score
        self.has_maps = has_maps
        self.seen: list[np.ndarray] = []
        self.failure: Exception | None = None
        self.let_go = threading.Event()
        self.let_go.set()
        self.problem = ""

    def get(self) -> "FakePredictor":
        return self

    def predict(self, images: list[np.ndarray]) -> list[Prediction]:
        if not self.let_go.wait(20):
            raise TimeoutError("The test forgot a request.")
        if self.failure:
            raise self.failure
        return [self._predict_one(image) for image in images]

    def probabilities(self, images: list[np.ndarray]) -> np.ndarray:
        return np.stack([list(self._predict_one(image).probabilities.values()) for image in images])

    def _predict_one(self, image: np.ndarray) -> Prediction:
        assert image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3
        self.seen.append(image)
        red, blue = 1.0 + image[..., 0].mean(), 1.0 + image[..., 2].mean()
        african = float(red / (red + blue))
        names, values = self.run.class_names, (african, 1 - african)
        best = int(np.argmax(values))
        small = np.asarray(Image.fromarray(image).resize((7, 7), Image.Resampling.BOX), np.float32) / 255
        is_subject = None if self.subject_score is None else self.subject_score >= 0.5
        return Prediction(
            label=names[best],
            probability=values[best],
            probabilities=dict(zip(names, values, strict=True)),
            subject_score=self.subject_score,
            is_subject=is_subject,
            uncertain=values[best] < self.run.uncertain_below or is_subject is False,
            run_id=self.run.run_id,
            class_maps=small[..., [0, 2]] if self.has_maps else None,
            embedding=np.zeros(4, np.float32),
        )


class FakeSource:
    """Follows the registry like `ActivePredictor`, with fake predictors."""

    def __init__(self, paths: Paths):
        self._paths = paths

    def get(self) -> FakePredictor:
        return FakePredictor(registry.active(self._paths))

    @property
    def problem(self) -> str:
        return registry.served(self._paths).problem


class BrokenSource:
    """Raises whatever it was given."""

    def __init__(self, failure: Exception):
        self._failure = failure
        self.problem = str(failure)

    def get(self) -> FakePredictor:
        raise self._failure


@dataclass(frozen=True)
class FakeStatus:
    run_id: str
    state: str
    fraction: float = 0.0
    pid: int | None = None


class FakeJobs:
    """Remembers what was asked for instead of training."""

    def __init__(self, capacity: int = 100):
        self.capacity = capacity
        self.asked: list[tuple] = []
        self.states: dict[str, str] = {}
        self.keys: dict[str, str] = {}

    def enqueue(self, paths: Paths, dataset_folder: Path, config, key: str | None = None) -> str:
        if key in self.keys:
            return self.keys[key]
        if len(self.asked) >= self.capacity:
            raise BusyError("Too many trainings wait already. Try again later.")
        self.asked.append((dataset_folder, config))
        run_id = f"2026-11-23-{config.preset}-{len(self.asked):04x}"
        self.states[run_id] = "queued"
        if key:
            self.keys[key] = run_id
        return run_id

    def status(self, paths: Paths, run_id: str) -> FakeStatus:
        return FakeStatus(run_id, self.states.get(run_id, "running"), pid=4711)

    def cancel(self, paths: Paths, run_id: str) -> FakeStatus:
        self.states[run_id] = "cancelled"
        return self.status(paths, run_id)


def make_run(paths: Paths, run_id: str = "run-a", state: str = "succeeded", **changes) -> Run:
    """A run folder with nothing but its `run.json` and a file that is no network."""
    dataset = DatasetReference("photos", str(paths.data_dir / "photos"), num_photos=4)
    run = stage(paths, run_id, preset("quick"), dataset, "running")
    (run.folder / SERVED_FILE).write_bytes(b"litert")
    run = write(
        run,
        **{
            "files": {SERVED_FILE: sha256_of(run.folder / SERVED_FILE)},
            "state": state,
            "class_names": ("African", "Asian"),
            "uncertain_below": 0.6,
            "image_size": (30, 40),
            **changes,
        },
    )
    if state in ("queued", "running"):
        return run
    folder = paths.models_dir / run_id
    run.folder.rename(folder)
    return replace(run, folder=folder)


def make_paths(folder: Path) -> Paths:
    paths = Paths(folder / "data", folder / "models")
    (paths.data_dir / "photos" / "African").mkdir(parents=True)
    paths.models_dir.mkdir()
    return paths


def make_client(folder: Path, **settings) -> FlaskClient:
    """A client whose fake predictor serves `run-a`; `.predictor`, `.paths` and `.jobs` are its parts."""
    paths = make_paths(folder)
    run = make_run(paths)
    registry.promote(paths, run.run_id)
    return client_of(paths, FakePredictor(run), **settings)


def client_of(paths: Paths, predictor, **settings) -> FlaskClient:
    jobs = FakeJobs()
    client = create_app(paths, predictor, Settings(**{"rate": 0, **settings}), jobs).test_client()
    client.paths, client.predictor, client.jobs = paths, predictor, jobs
    return client


def empty_source() -> BrokenSource:
    return BrokenSource(NoActiveRunError("No run is served yet. Train one and promote it."))


def picture(colour=(200, 40, 30), size=(64, 48), mode: str = "RGB", kind: str = "JPEG", **options) -> bytes:
    """An encoded picture of one colour."""
    return encode(Image.new(mode, size, colour), kind, **options)


def photo(kind: str = "JPEG", size=(320, 240), **options) -> bytes:
    """An encoded picture with detail, so that its file has many bytes to damage."""
    rng = np.random.default_rng(7)
    coarse = Image.fromarray(rng.integers(0, 255, (12, 16, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
    return encode(coarse, kind, **options)


def encode(image: Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def multipart(*files: bytes, name: str = "image", filename: str = "photo.jpg", **fields: str) -> dict:
    """A multipart form for `client.post(…, **multipart(…))`."""
    disposition = 'Content-Disposition: form-data; name="{}"'
    parts = [f'{disposition.format(name)}; filename="{filename}"\r\n\r\n'.encode() + file for file in files]
    parts += [f"{disposition.format(key)}\r\n\r\n{value}".encode() for key, value in fields.items()]
    body = b"".join(b"--limit\r\n" + part + b"\r\n" for part in parts) + b"--limit--\r\n"
    return {"data": body, "content_type": "multipart/form-data; boundary=limit"}


def predict(client: FlaskClient, *files: bytes, **options):
    return client.post("/api/v1/predictions", **multipart(*files, **options))


def answers_of(response) -> list[dict]:
    """The records of an answer without `path`, which says only how the picture was sent."""
    return [{**record, "path": ""} for record in response.get_json()["predictions"]]


def explain(client: FlaskClient, file: bytes, query: str = "", **options):
    return client.post("/api/v1/explanations" + query, **multipart(file, **options))


def ask_page(client: FlaskClient, *files: bytes, **options):
    return client.post("/", **multipart(*files, **options))


def problem_of(response) -> str:
    """The code of a problem answer, after checking its shape."""
    assert response.content_type == "application/problem+json", (response.status, response.data[:200])
    body = response.get_json(force=True)
    assert set(body) == {"type", "title", "status", "detail", "instance"}
    assert body["status"] == response.status_code and body["instance"] == response.headers["X-Request-ID"]
    assert all(word not in body["detail"] for word in ("Traceback", "/tmp", "/home", "PIL", "Werkzeug", "Error("))
    return body["type"].rpartition(":")[2]
