"""The API's description for people at /docs: Swagger UI over /openapi.json, every file of it from this server."""

from importlib.resources import files

from flask import Blueprint, Flask, Response, abort, render_template, request

docs_page = Blueprint("docs_page", __name__, url_prefix="/docs")

ASSETS = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "favicon-32x32.png": "image/png",
}
# Swagger UI is the one page with scripts. They come from here, may ask this server only, and nothing is inline.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


def install(app: Flask) -> None:
    """Adds the page; called before `security.install`, so that its policy is set after that of all others."""
    app.after_request(_allow_own_scripts)
    app.register_blueprint(docs_page)


@docs_page.get("")
def show() -> str:
    """The page itself; all it needs lies beside it."""
    return render_template("docs.html")


@docs_page.get("/<name>")
def asset(name: str) -> Response:
    """One of the files of Swagger UI, or the script that starts it."""
    if name == "start.js":
        return Response(render_template("docs.js"), content_type=ASSETS["swagger-ui-bundle.js"])
    if name not in ASSETS:
        abort(404)
    content = files("flask_swagger_ui").joinpath("dist", name).read_bytes()
    return Response(content, content_type=ASSETS[name])


def _allow_own_scripts(response: Response) -> Response:
    if request.endpoint == "docs_page.show" and response.status_code == 200:
        response.headers["Content-Security-Policy"] = POLICY
    return response
