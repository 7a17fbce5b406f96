"""The bytes of an answer, out of an object's file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from netflux.aws.s3.body import incomplete
from netflux.aws.s3.sealing import Unsealed
from netflux.resources.s3objects import Seal


@dataclass(frozen=True)
class ObjectBody:
    """The bytes of an answer. The file is gone once the object is overwritten, so it is opened without awaiting first.

    Attributes:
        path: the file.
        start: offset of the first byte.
        length: number of bytes.
        key: that the file is encrypted with; empty where it is not.
        seal: how, then.
    """

    path: Path
    start: int
    length: int
    key: bytes = b""
    seal: Seal | None = None

    def open(self) -> BinaryIO | Unsealed:
        """The file, at the first byte.

        Raises:
            AwsError: InternalError where the disk has less of the object than its record says.
        """
        file = self.path.open("rb")
        found = os.fstat(file.fileno()).st_size
        if found < self.start + self.length:
            file.close()
            raise incomplete(self.path, found, self.start + self.length)
        opened = Unsealed(file, self.key, self.seal.pieces) if self.seal is not None and self.key else file
        opened.seek(self.start)
        return opened

    def read(self) -> bytes:
        """All of it."""
        with self.open() as file:
            return file.read(self.length)
