"""One origin for the site and its API, as the distribution is: files from site/, /api/* from the services."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

SITE = Path(__file__).parent.parent / "site"


class Origin:
    """Where requests go; a test may point a service elsewhere to break it."""

    def __init__(self, movies: str, customers: str) -> None:
        self.services = {"/api/movies": movies, "/api/customers": customers}
        self.url = ""
        self.requests: list[tuple[str, str]] = []


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments, origin: Origin) -> None:
        self.origin = origin
        super().__init__(*arguments, directory=str(SITE))

    def do_GET(self) -> None:
        self.origin.requests.append((self.command, self.path))
        if self.path.startswith("/api/"):
            self.pass_on()
        else:
            super().do_GET()

    def do_PATCH(self) -> None:
        self.origin.requests.append((self.command, self.path))
        self.pass_on()

    def pass_on(self) -> None:
        service = next(url for prefix, url in self.origin.services.items() if self.path.startswith(prefix))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = {"Content-Type": self.headers["Content-Type"]} if self.headers["Content-Type"] else {}
        try:
            answer = httpx.request(self.command, service + self.path, content=body, headers=kind, timeout=10)
            status, kind, content = answer.status_code, answer.headers.get("content-type", ""), answer.content
        except httpx.TransportError:
            status, kind, content = 503, "text/html", b"<h1>503 Service Temporarily Unavailable</h1>"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments) -> None:
        """Quiet: `requests` has them."""


@contextmanager
def serving(origin: Origin) -> Iterator[Origin]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, origin=origin))
    server.daemon_threads = True
    origin.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield origin
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
