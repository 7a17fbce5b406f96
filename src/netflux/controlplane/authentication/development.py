"""The secrets of a state directory's owner: an access key for programs, and what opens the console's writes.

They are made once for each state directory and kept in a file that only its owner may read.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from netflux.controlplane.authentication.keys import Key, key_id, secret_key
from netflux.errors import UserError
from netflux.policy.evaluate import account_root

FILE = "credentials"


@dataclass(frozen=True)
class Credentials:
    """What the file has.

    Attributes:
        access_key: access key id, in AWS's form.
        secret: secret access key.
        token: that a request which changes something through the console carries in `X-Netflux`.
    """

    access_key: str
    secret: str
    token: str

    def key(self, account: str) -> Key:
        """The access key, which stands for the account."""
        return Key(self.access_key, self.secret, account_root(account))


def read(state: Path) -> Credentials:
    """The credentials of a state directory. UserError when there are none, or they can't be read."""
    path = state / FILE
    try:
        return Credentials(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            f"The credentials in {path} can't be read: {error}.",
            "Move the file away; the next `netflux up` makes a new one.",
        ) from error


def make(state: Path) -> Credentials:
    """The credentials of a state directory, made where there are none."""
    path = state / FILE
    if path.exists():
        return read(state)
    made = Credentials(key_id("AKIA"), secret_key(), secrets.token_hex(16))
    draft = state / f"{FILE}.draft"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json.dumps(asdict(made)) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    return made
