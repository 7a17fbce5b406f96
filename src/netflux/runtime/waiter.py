"""What a process of an enclosure that only waits becomes: 3 MB instead of all that `netflux up` has read.

Run as a program of its own (`python -I -S waiter.py CHILD`), by exec, so that the child stays its child. It forwards
the signals that end a region, reaps whatever else ends, and ends with the child's exit code.
"""

import _signal  # type: ignore[import-not-found]  # the modules around these two read fifty others
import posix
import sys


def main() -> None:
    """Never returns."""
    child = int(sys.argv[1])
    forwarded = (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP)

    def forward(number: int, _frame: object) -> None:
        try:
            posix.kill(child, number)
        except ProcessLookupError:
            return

    for number in forwarded:
        _signal.signal(number, forward)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, forwarded)
    while True:
        ended, status = posix.waitpid(-1, 0)
        if ended == child:
            code = posix.waitstatus_to_exitcode(status)
            posix._exit(128 - code if code < 0 else code)


if __name__ == "__main__":
    main()
