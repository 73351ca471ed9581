"""Counters for Prometheus at /metrics: requests, their time, the served run and this process."""

import time

from apiflask import APIBlueprint
from flask import Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from api.openapi.describe import Described
from api.served import served_id

metrics = APIBlueprint("metrics", __name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS")  # others are counted together: clients invent them
SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Metrics:
    """What one application counts; it has a registry of its own, so two applications in a process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter("tuskscope_requests", "Answered requests.", labels, registry=self.registry)
        self.seconds = Histogram(
            "tuskscope_request_seconds",
            "Time from the request's arrival to its answer.",
            ("route",),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.served = Gauge("tuskscope_served_run", "1 for the served run.", ("run_id",), registry=self.registry)
        ProcessCollector(registry=self.registry)

    def observe(self, response: Response) -> Response:
        """Counts one answer under the route's pattern, never under the address: clients invent those too."""
        route = request.url_rule.rule if request.url_rule else "none"
        method = request.method if request.method in METHODS else "other"
        self.requests.labels(method, route, str(response.status_code)).inc()
        self.seconds.labels(route).observe(time.monotonic() - g.get("started", time.monotonic()))
        return response


def install(app: Flask) -> None:
    """Counts every answer of the application."""
    app.extensions["metrics"] = Metrics()
    app.after_request(app.extensions["metrics"].observe)


@metrics.get("/metrics")
@Described(meaning="Counters as Prometheus reads them.", files=("text/plain",))
def show_metrics() -> Response:
    """Counters in the text format of Prometheus."""
    found: Metrics = current_app.extensions["metrics"]
    found.served.clear()
    if run_id := served_id():
        found.served.labels(run_id).set(1)
    return Response(generate_latest(found.registry), content_type=CONTENT_TYPE)
