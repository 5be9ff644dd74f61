"""How the API is asked: through its gateway, and the function itself."""

import base64
import json
import secrets
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit

from deployment import expect, invoke


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def problem(self):
        """The code of a problem; nothing if it is none of ours."""
        is_problem = self.headers.get("content-type", "").startswith("application/problem+json")
        return self.json["code"] if is_problem else None

    def was(self, status, problem=None):
        """The answer, if it is as expected."""
        seen = f"{self.status} {self.body[:500]!r}"
        expect(
            self.status == status and (problem is None or self.problem == problem),
            f"{status} {problem or ''}, not {seen}",
        )
        return self


def ask(deployment, method, path, token=None, body=None, content_type="application/json"):
    """Asks through the gateway, as pages and kiosks do."""
    request = urllib.request.Request(
        deployment.api + path, bytes_of(body), headers_of(token, body, content_type), method=method
    )
    return send(request)


def ask_function(deployment, method, path, token=None, body=None, content_type="application/json"):
    """Asks the function itself, with the event that the gateway would make of the request: payload 2.0."""
    url = urlsplit(path)
    headers = {name.lower(): value for name, value in headers_of(token, body, content_type).items()}
    event = {
        "version": "2.0",
        "routeKey": "ANY /v1/{proxy+}",
        "rawPath": url.path,
        "rawQueryString": url.query,
        "headers": headers | {"host": "api.example.org"},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "abcd1234",
            "domainName": "api.example.org",
            "domainPrefix": "api",
            "http": {
                "method": method, "path": url.path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "e2e",
            },
            "requestId": secrets.token_hex(8),
            "routeKey": "ANY /v1/{proxy+}",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": body is not None,
    }  # fmt: skip
    if body is not None:
        event["body"] = base64.b64encode(bytes_of(body)).decode()
    answer = invoke(deployment, "api", event)
    text = answer.get("body") or ""
    body = base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()
    return Answer(answer["statusCode"], {name.lower(): value for name, value in answer["headers"].items()}, body)


def upload(form, picture):
    """Sends a picture with the form that an upload was answered with, as a browser does."""
    mark = f"----{secrets.token_hex(16)}"
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in form["fields"].items()
    ]
    file = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="photo"\r\n\r\n'
    body = "".join([*parts, file]).encode() + picture + f"\r\n--{mark}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={mark}"}
    return send(urllib.request.Request(form["url"], body, headers, method="POST"))


def send(request, opened=urllib.request.urlopen):
    try:
        with opened(request, timeout=60) as answer:
            return answer_of(answer)
    except urllib.error.HTTPError as error:
        with error:
            return answer_of(error)


def answer_of(response):
    return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, response.read())


def bytes_of(body):
    return body if body is None or isinstance(body, bytes) else json.dumps(body).encode()


def headers_of(token, body, content_type):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return headers if body is None else headers | {"Content-Type": content_type}
