"""A request's path as rules look at it, and as it goes on. Pure.

RFC 3986, 6.2.2: escapes of unreserved characters are decoded, those that stay are in upper case, and dot segments are
resolved. Slashes are not merged. A path with a malformed escape keeps all of its escapes.

The lines change the URI itself, so that conditions are the same for each request, and one that is normal already costs
no more than the look. `strict` is there because HAProxy 2.8 takes these two for `path-merge-slashes` without a word.
"""

from __future__ import annotations

from collections.abc import Iterator

ODD = "{ path -m sub % /. }"
"""Which paths may be other than normal."""
_CAME = "txn.came"
_MALFORMED = "{ path -m reg '%([^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)' }"

RESTORED = f"http-request set-pathq %[var({_CAME})] if {{ var({_CAME}) -m found }}"
"""Of a backend: the path goes on as it came."""


def lines(apart: str = "") -> Iterator[str]:
    """The last `http-request` lines of a frontend: behind them `path` is normal.

    Args:
        apart: a condition of requests that are left as they are; empty for none.
    """
    yield f"http-request allow if !{ODD}"
    if apart:
        yield f"http-request allow if {apart}"
    yield f"http-request set-var({_CAME}) pathq"
    yield 'http-request set-var(txn.asked) pathq,regsub("^[^?]*","")'
    yield "http-request set-pathq %[path]"
    yield f"http-request normalize-uri percent-decode-unreserved strict if !{_MALFORMED}"
    yield f"http-request normalize-uri percent-to-uppercase strict if !{_MALFORMED}"
    yield "http-request normalize-uri path-strip-dot"
    yield "http-request normalize-uri path-strip-dotdot full"
    yield "http-request set-pathq %[path]%[var(txn.asked)]"
