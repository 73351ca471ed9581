"""Is the process alive, and can it predict? Never queued, never limited."""

from apiflask import APIBlueprint
from flask import current_app

from api.answers import Live, Ready
from api.openapi.describe import Described
from api.served import served_predictor
from core.runs import registry

health = APIBlueprint("health", __name__, url_prefix="/health")


@health.get("/live")
def live() -> Live:
    """The process answers."""
    return {"status": "live"}


@health.get("/ready")
@Described(problems=("no-model",))
def ready() -> Ready:
    """A run is loaded and predicts; `degraded` if it is not the one that `models/active` names."""
    run_id = served_predictor().run.run_id
    named = registry.active_id(current_app.extensions["paths"])
    return {"status": "ready" if named == run_id else "degraded", "run_id": run_id}
