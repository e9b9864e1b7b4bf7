"""News: the moment of the last change, which pages ask for every two seconds."""

from __future__ import annotations

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue

from notices.web.roles import EVERYBODY, serves

blueprint = Blueprint("news", __name__, url_prefix="/news")


@blueprint.get("/")
@serves(*EVERYBODY)
def moment() -> ResponseReturnValue:
    """Return the moment of the last change, nothing if it is the one that the page knows."""
    if request.args.get("seen") == g.moment:
        return Response(status=204)
    return Response(g.moment, mimetype="text/plain")
