"""Every problem that the API answers with: its status and its sentence, once for the answer and the description."""

PROBLEMS = {
    "bad-request": (400, "The request could not be read. Compare it with the API's documentation."),
    "empty-file": (400, "The file is empty. Choose a picture and retry."),
    "image-field": (400, "Expected exactly one file in the form field `image` and no unknown field."),
    "invalid-json": (400, "The body is not JSON in UTF-8, or it is nested too deeply."),
    "unauthorized": (401, "This change needs the API key. Send `Authorization: Bearer <key>`."),
    "forbidden": (403, "Changes are allowed from this machine only. Set TUSKSCOPE_API_KEY."),
    "foreign-origin": (403, "Another site sent this request. Send it from this server's own page."),
    "not-found": (404, "There is nothing at this address. The API lives under /api/v1."),
    "run-not-found": (404, "No run has this id. List the runs to see which ones exist."),
    "unknown-dataset": (404, "No dataset has this name. It must be a folder in the data folder."),
    "unknown-model": (404, "Expected the model tuskscope or the id of the served run, in version 1."),
    "not-exported": (404, "Nobody exported this run in this format yet. Run `python -m core export` once."),
    "method-not-allowed": (405, "This address does not take this method. The Allow header lists those it takes."),
    "timeout": (408, "The request did not arrive in time. Send it again."),
    "run-invalid": (409, "The run is failed; only a succeeded run can be served."),
    "run-finished": (409, "The run is succeeded: there is nothing to cancel."),
    "not-finished": (409, "The run is queued; it has no model card before it succeeded."),
    "not-ranked": (
        409,
        "Not checked for wrong labels yet. Open the Review page or run `python -m core suspects` once.",
    ),
    "not-looked-at": (409, "The network has not looked at all photos yet. Run `python -m core label` once."),
    "not-mapped": (409, "There is no map of these photos yet. Open the Map page once."),
    "too-large": (413, "The request is too large. A picture may have 10 MB, a JSON body 64 KB."),
    "too-many-pixels": (413, "The picture has too many pixels. Make it smaller and retry."),
    "file-too-large": (413, "The file is too large. Make the picture smaller and retry."),
    "not-an-image": (415, "The file is not a JPEG, PNG or WebP picture. Save it as one of these and retry."),
    "unsupported-media-type": (415, "Expected the Content-Type application/json, but got text/plain."),
    "corrupt-image": (422, "The picture is damaged or incomplete. Save it again and retry."),
    "invalid-field": (422, "Expected limit to be a whole number from 1 to 1000."),
    "invalid-setting": (422, "Expected epochs between 1 and 1000, but got 0."),
    "unknown-photo": (422, "No photo of this dataset has this path. Take one from the suspects."),
    "dataset-unusable": (422, "The dataset cannot be used. Run `python -m core index` on it to see why."),
    "method-unavailable": (422, "The method grad_cam needs TensorFlow, which this server does not load."),
    "unknown-class": (422, "Expected one of African, Asian."),
    "too-many-requests": (429, "Too many requests. Wait a second."),
    "client-gone": (499, "The client went away before its answer was ready."),
    "internal-error": (500, "The server made an error; its log has the details under this request id. Try again."),
    "model-output-invalid": (500, "The served run failed its self-check. Roll back to an earlier one."),
    "no-model": (503, "No run is served yet. Train one and promote it."),
    "busy": (503, "The server is busy. Try again in a moment."),
    "jobs-unavailable": (503, "The job queue cannot be read."),
    "storage-full": (507, "The disk is full. Free some space and try again."),
}


class Problem(Exception):
    """An answer that only the API knows, such as a wrong form field.

    Attributes:
        code: A key of `PROBLEMS`: the last part of the problem's `type`.
        detail: One sentence: what was expected, what came, what to do; that of `PROBLEMS` if none was given.
        headers: Extra response headers.
        status: HTTP status.
    """

    def __init__(
        self, code: str, detail: str = "", headers: dict[str, str] | None = None, status: int | None = None
    ) -> None:
        usual_status, sentence = PROBLEMS[code]
        super().__init__(detail or sentence)
        self.code, self.detail, self.headers = code, detail or sentence, headers or {}
        self.status = status or usual_status


def problem_body(code: str, status: int, detail: str, request_id: str) -> dict[str, str | int]:
    """The RFC 9457 object of a problem."""
    return {
        "type": f"urn:tuskscope:problem:{code}",
        "title": code.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
        "instance": request_id,
    }
