"""A stand-in for Jenkins: its JSON remote API, read only, over a state file that is read anew for each question."""

import base64
import binascii
import secrets
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from .jenkins_state import JenkinsState
from .jenkins_tree import BadTreeError, picked, shallow
from .jenkins_views import view

VERSION = "2.516.3"
_JSON = "api/json"


def create_app(state_file: Path) -> FastAPI:
    """Jenkins, as `state_file` (a `JenkinsState`) says it is at each moment."""
    app = FastAPI(openapi_url=None)
    crumb = secrets.token_hex(32)

    @app.get("/{path:path}")
    async def answer(path: str, request: Request) -> Response:
        state = JenkinsState.read(state_file)
        response = _refused(state, request) or _answered(state, path, request, crumb)
        response.headers["X-Jenkins"] = VERSION
        return response

    return app


def _refused(state: JenkinsState, request: Request) -> Response | None:
    """As Jenkins does it: a wrong token is 401, and none at all 403 with a page that leads to the login."""
    given = request.headers.get("authorization", "")
    if not given:
        headers = {"X-You-Are-Authenticated-As": "anonymous", "X-Required-Permission": "hudson.model.Hudson.Read"}
        page = "<html><head><meta http-equiv='refresh' content='1;url=/login'/></head>Authentication required</html>"
        return HTMLResponse(page, 403, headers)
    try:
        user, _, token = base64.b64decode(given.removeprefix("Basic ")).decode().partition(":")
    except (binascii.Error, UnicodeError):
        user, token = "", ""
    if user in state.users and secrets.compare_digest(state.users[user].encode(), token.encode()):
        return None
    page = "<html><h2>HTTP ERROR 401 Invalid password/token for user</h2></html>"
    return HTMLResponse(page, 401, {"WWW-Authenticate": 'Basic realm="Jenkins"'})


def _answered(state: JenkinsState, path: str, request: Request, crumb: str) -> Response:
    page = path.removesuffix(_JSON)
    if page == "crumbIssuer/":
        issuer = "hudson.security.csrf.DefaultCrumbIssuer"
        return JSONResponse({"_class": issuer, "crumb": crumb, "crumbRequestField": "Jenkins-Crumb"})
    document = view(state, page, _base(request)) if path.endswith(_JSON) else None
    if document is None:
        return HTMLResponse("<html><h2>HTTP ERROR 404 Not Found</h2></html>", 404)
    tree = request.query_params.get("tree")
    try:
        return JSONResponse(picked(document, tree) if tree else shallow(document))
    except BadTreeError as error:
        return HTMLResponse("<html>Bad Request</html>", 400, {"X-Error": str(error)})


def _base(request: Request) -> str:
    """The address of this Jenkins, also below a path: `request.base_url` leaves out where an app is mounted."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}/"
