"""What schemathesis sends through API Gateway, which itself turns away whoever brings no token."""

import json
from urllib.parse import unquote

import schemathesis

import hooks  # noqa: F401

# The gateway's words (API Gateway's guide, Troubleshooting HTTP API JWT authorizers), and those of the document.
SAID = {401: {"message": "Unauthorized"}, 404: {"message": "Not Found"}}
DOCUMENTED = {
    401: {
        "type": "urn:problem-type:attendance:unauthorized",
        "title": "A valid token is needed",
        "status": 401,
        "detail": "the gateway refused the token",
        "code": "unauthorized",
        "request_id": "none",
    },
    404: {
        "type": "urn:problem-type:attendance:not-found",
        "title": "Not found",
        "status": 404,
        "detail": "the gateway has no such route",
        "code": "not-found",
        "request_id": "none",
    },
}


@schemathesis.hook
def after_call(context, case, response):
    """The document is the function's: what the gateway says before it is taken for the same."""
    if response.status_code not in DOCUMENTED or "x-request-id" in response.headers:
        return
    assert json.loads(response.content) == SAID[response.status_code], response.content
    # The emulator's `{proxy+}` ends at a line's end; every other path has a route.
    assert response.status_code == 401 or "\n" in unquote(response.request.path_url), response.request.path_url
    response.headers["content-type"] = ["application/problem+json"]
    response.content = json.dumps(DOCUMENTED[response.status_code]).encode()
