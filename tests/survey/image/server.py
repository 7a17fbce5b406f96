"""Answers 200 on every port that the environment names: what stands in for the images of other people's templates."""

import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answer(BaseHTTPRequestHandler):
    """The same for every request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"ok\n")

    do_HEAD = do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        return


def main() -> None:
    """Serves until the task ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ports = {int(value) for name, value in os.environ.items() if name.startswith("SURVEY_PORT_") and value.isdigit()}
    address = os.environ.get("SERVER_ADDRESS", "0.0.0.0")
    for port in ports:
        threading.Thread(target=ThreadingHTTPServer((address, port), Answer).serve_forever, daemon=True).start()
    threading.Event().wait()


main()
