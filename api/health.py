"""Is the process alive, and can it predict? Never queued, never limited."""

from apiflask import APIBlueprint
from flask import current_app

from api.answers import Live, Ready
from api.openapi.describe import Described
from api.served import served_predictor

health = APIBlueprint("health", __name__, url_prefix="/health")


@health.get("/live")
def live() -> Live:
    """The process answers."""
    return {"status": "live"}


@health.get("/ready")
@Described(problems=("no-model",))
def ready() -> Ready:
    """A run is loaded and predicts; `degraded` if it answers for the one that `models/active` names."""
    run_id, problem = served_predictor().run.run_id, current_app.extensions["predictor"].problem
    return (
        {"status": "degraded", "run_id": run_id, "reason": problem}
        if problem
        else {"status": "ready", "run_id": run_id}
    )
