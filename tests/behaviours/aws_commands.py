"""The AWS CLI kept warm: each line of JSON on standard input is a command, which a fork of this process runs.

A command is a process of its own with its own words and environment, as when a person types it. Reading the CLI's
code, which takes it longer than all else, is done once before; and its waiters, which look every 5 to 30 seconds as is
right for AWS, look OFTEN times as often for as long as they would.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import awscli.clidriver
import awscli.handlers  # the CLI itself reads it only when it runs
from botocore.waiter import Waiter  # the CLI's own botocore, once it has been imported

OFTEN = 30


def _look_often() -> None:
    patient = Waiter.wait

    def wait(waiter: Any, **given: Any) -> None:
        chosen = given.pop("WaiterConfig", {})
        delay = chosen.get("Delay", waiter.config.delay) / OFTEN
        attempts = chosen.get("MaxAttempts", waiter.config.max_attempts) * OFTEN
        patient(waiter, WaiterConfig={"Delay": delay, "MaxAttempts": attempts}, **given)

    Waiter.wait = wait


def _run(words: list[str], environment: dict[str, str]) -> int:
    """What the program `aws` does with these words."""
    own = {"AWS_DATA_PATH": os.environ["AWS_DATA_PATH"]}  # set by the CLI as it is read
    os.environ.clear()
    os.environ.update({**environment, **own})
    sys.argv = ["aws", *words]
    try:
        return int(awscli.clidriver.main() or 0)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, Path(os.devnull).open() as nothing:
        pid = os.fork()
        if pid == 0:
            for number, file in enumerate((nothing, out, err)):
                os.dup2(file.fileno(), number)
            os._exit(_run(asked["words"], asked["environment"]))
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        for file in (out, err):
            file.seek(0)
        return {"code": code, "out": out.read().decode(), "err": err.read().decode()}


def main() -> None:
    _look_often()
    gc.disable()
    gc.freeze()  # nothing that was read is garbage to any of the forks
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
