"""Puts the API together; every part is handed in, so tests give fakes and nothing happens on import."""

from typing import Any, Protocol

from apiflask import APIFlask
from flask.json.provider import DefaultJSONProvider

from api import docs_page, metrics, security
from api.compatible import open_inference, tf_serving
from api.errors import errors
from api.explanations import explanations
from api.health import health
from api.inputs import MemoryRequest
from api.labels import datasets  # with the routes of labelling
from api.limits import Rate, Slots, Tidy, check_rate
from api.openapi import document
from api.predictions import predictions
from api.run_files import run_files
from api.runs import runs
from api.settings import Settings
from api.upload_page import inlined, page, upload_page
from core.jobs import queue as training_jobs
from core.paths import Paths
from core.prediction.predictor import Predictor
from core.prediction.serving import ActivePredictor


class PredictorSource(Protocol):
    """What gives the predictor of a request; `ActivePredictor` follows the served run."""

    problem: str

    def get(self) -> Predictor: ...


class StrictJSON(DefaultJSONProvider):
    """Refuses NaN, which is not JSON; a bug that makes one is a 500 and not a broken answer."""

    sort_keys = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return super().dumps(obj, **{**kwargs, "allow_nan": False})


def create_app(
    paths: Paths | None = None,
    predictor: PredictorSource | None = None,
    settings: Settings | None = None,
    jobs: Any = training_jobs,
) -> APIFlask:
    """Creates the WSGI application.

    Args:
        paths: Where datasets and runs lie; from the environment if not given.
        predictor: Gives the predictor of each request; the served run's if not given.
        settings: The limits; from the environment if not given.
        jobs: Queues trainings: `enqueue`, `status` and `cancel` as in `core.jobs.queue`.

    Raises:
        ConfigError: If the environment holds an impossible setting.
    """
    paths = paths or Paths.from_env()
    settings = settings or Settings.from_env()
    # APIFlask's types do not know that Flask takes None for "no such page".
    no_pages: dict[str, Any] = {"docs_path": None, "static_folder": None}
    app = APIFlask(__name__, "Tuskscope", document.VERSION, json_errors=False, **no_pages)
    app.request_class = MemoryRequest
    app.json = StrictJSON(app)
    app.url_map.converters["model"] = tf_serving.ModelName
    app.url_map.merge_slashes = False  # `//api` is no address of ours; a redirect would hide that
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_body,
        MAX_FORM_PARTS=settings.max_images + 8,
        TRUSTED_HOSTS=settings.trusted_hosts,
    )
    app.extensions.update(
        paths=paths,
        settings=settings,
        jobs=jobs,
        slots=Slots(settings),
        rate=Rate(settings.rate) if settings.rate else None,
        predictor=predictor or ActivePredictor(paths, pool_size=settings.predict_slots),
        error_page=lambda detail: page(error=detail),
        style_hash=security.hash_of(inlined("css")),
        script_hash=security.hash_of(inlined("js")),
    )
    metrics.install(app)
    docs_page.install(app)
    security.install(app)
    document.install(app)
    app.before_request(check_rate)
    app.teardown_request(Tidy())
    app.before_request(security.check_call)
    foreign = (tf_serving.tf_serving, open_inference.open_inference)
    for blueprint in (errors, health, metrics.metrics, *foreign, upload_page):
        app.register_blueprint(blueprint)
    for blueprint in (predictions, explanations, runs, run_files, datasets):
        app.register_blueprint(blueprint, url_prefix="/api/v1")
    return app
