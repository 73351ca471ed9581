"""Errors as clients of TensorFlow Serving and of the Open Inference Protocol expect them: `{"error": "…"}`."""

import json
import re

from flask import Response

from api.problems import Problem

ADDRESSES = re.compile(r"/v[12](/|$)")


def is_compatible(path: str) -> bool:
    """Whether an address belongs to one of the two protocols, also where no route of theirs is."""
    return ADDRESSES.match(path) is not None


def plain_error(problem: Problem) -> Response:
    """The problem in one sentence; both protocols know 400 for all that is wrong with a body."""
    status = 400 if problem.status in (415, 422) else problem.status
    return Response(json.dumps({"error": problem.detail}), status, content_type="application/json")
