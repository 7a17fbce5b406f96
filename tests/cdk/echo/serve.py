"""Answers with its path; where the environment has ASK, with what that address answers."""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        ask = os.environ.get("ASK")
        if ask and self.path != "/health":
            with urlopen(ask, timeout=5) as answer:
                body = b"told: " + answer.read()
        else:
            body = f"path {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer(("0.0.0.0", 8080), Answer).serve_forever()
