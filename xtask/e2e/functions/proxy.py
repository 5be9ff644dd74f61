"""A proxy before one service of the emulator that fails in a way that passes, when it is told to."""

import http.server
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager


@contextmanager
def before(endpoint, fails):
    """Stands before `endpoint` and answers its own address; `fails` says of a request's body whether it gets a 503."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if fails(body):
                return self.answer(503, {}, b"")
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            request = urllib.request.Request(endpoint + self.path, body, headers, method="POST")
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return self.answer(answer.status, answer.headers, answer.read())
            except urllib.error.HTTPError as error:
                return self.answer(error.code, error.headers, error.read())

        def answer(self, status, headers, body):
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in ("connection", "content-length", "transfer-encoding", "date", "server"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Says nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
