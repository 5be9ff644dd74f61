"""What schemathesis sends through API Gateway, which itself turns away whoever brings no token."""

import json

import schemathesis

import hooks  # noqa: F401

# The gateway's words (API Gateway's guide, Troubleshooting HTTP API JWT authorizers), and those of the document.
GATEWAY = {"message": "Unauthorized"}
DOCUMENTED = {
    "type": "urn:problem-type:attendance:unauthorized",
    "title": "A valid token is needed",
    "status": 401,
    "detail": "the gateway refused the token",
    "code": "unauthorized",
    "request_id": "none",
}


@schemathesis.hook
def after_call(context, case, response):
    """The document is the function's: what the gateway says before it is taken for the same."""
    if response.status_code == 401 and "x-request-id" not in response.headers:
        assert json.loads(response.content) == GATEWAY, response.content
        response.headers["content-type"] = ["application/problem+json"]
        response.content = json.dumps(DOCUMENTED).encode()
