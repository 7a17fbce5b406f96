"""Zip files of functions and layers: kept on disk by what is in them, and unpacked before a function runs."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import shutil
import stat
import uuid
import zipfile
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath

from netflux.aws.awslambda.part import invalid

MOST_ZIPPED = 50 * 1024 * 1024
"""Bytes of a zip file in a request ("Lambda quotas")."""
MOST_UNZIPPED = 250 * 1024 * 1024
"""Bytes of a function with its layers, unzipped ("Lambda quotas")."""
_MOST_FILES = 50_000
_PIECE = 1024 * 1024


class Packages:
    """What functions and layers consist of.

    Args:
        directory: `{state}/functions`, for zip files.
        unpacked: for what was in them; emptied when the region starts.
    """

    def __init__(self, directory: Path, unpacked: Path) -> None:
        self._directory = directory
        self._unpacked = unpacked
        for place in (directory, unpacked):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)

    def keep(self, data: bytes) -> str:
        """Puts a zip file on disk. Blocking.

        Returns:
            Its digest: SHA-256, hexadecimal.

        Raises:
            AwsError: it is none, or there is more in it than may be.
        """
        check(data)
        digest = hashlib.sha256(data).hexdigest()
        place = self.zipped(digest)
        if not place.exists():
            part = place.with_name(f"{uuid.uuid4().hex}.part")
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(place)
            _sync(self._directory)
        return digest

    def zipped(self, digest: str) -> Path:
        """The zip file."""
        return self._directory / f"{digest}.zip"

    def folder(self, digest: str) -> Path:
        """What was in it, once `unpack` has returned."""
        return self._unpacked / digest

    def ready(self, digest: str) -> bool:
        """Whether it is unpacked."""
        return self.folder(digest).is_dir()

    def unpack(self, digest: str) -> Path:
        """The folder with what is in the zip file. Blocking; OSError where it can't be made."""
        return self._unpacked_as(digest, [digest])

    def merged(self, digests: Sequence[str]) -> Path:
        """The same for several, of which a later one's files replace those of the ones before."""
        if len(digests) == 1:
            return self.unpack(digests[0])
        return self._unpacked_as(hashlib.sha256(" ".join(digests).encode()).hexdigest(), digests)

    def _unpacked_as(self, name: str, digests: Sequence[str]) -> Path:
        place = self.folder(name)
        if place.is_dir():
            return place
        made = self._unpacked / f"{uuid.uuid4().hex}.part"
        made.mkdir(mode=0o755)
        try:
            for digest in digests:
                extract(self.zipped(digest).read_bytes(), made)
            made.chmod(0o755)
            with contextlib.suppress(FileExistsError, OSError):
                made.rename(place)
        finally:
            shutil.rmtree(made, ignore_errors=True)
        if not place.is_dir():
            raise OSError(f"{place} could not be made")
        return place

    def extensions(self, digest: str) -> bool:
        """Whether the zip file, as a layer, has external extensions. Blocking."""
        with zipfile.ZipFile(self.zipped(digest)) as archive:
            return any(re.fullmatch("extensions/[^/]+", name) for name in archive.namelist())

    def language(self, name: str, interpreter: str) -> Path:
        """A folder whose `bin` has the interpreter by the names that scripts of layers know. Blocking."""
        place = self._unpacked / f"{name}-{hashlib.sha256(interpreter.encode()).hexdigest()[:12]}"
        programs = place / "bin"
        programs.mkdir(mode=0o755, parents=True, exist_ok=True)
        for program in {"python", "python3", Path(interpreter).name} if name == "python" else {"node"}:
            with contextlib.suppress(FileExistsError):
                (programs / program).symlink_to(interpreter)
        return place

    def sweep(self, used: Collection[str]) -> None:
        """Removes what no function and no layer has. Blocking."""
        for entry in [*self._directory.iterdir(), *self._unpacked.iterdir()]:
            if entry.name.partition(".")[0] not in used:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def check(data: bytes) -> None:
    """Raises AwsError unless it is a zip file that Lambda would take."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError) as error:
        raise invalid("Could not unzip uploaded file. Please check your file, then try to upload again.") from error
    if not entries:
        raise invalid("Uploaded file must be a non-empty zip")
    if sum(one.file_size for one in entries) > MOST_UNZIPPED:
        raise invalid(f"Unzipped size must be smaller than {MOST_UNZIPPED} bytes")
    if len(entries) > _MOST_FILES:
        raise invalid(f"The zip file has {len(entries)} files; Netflux takes up to {_MOST_FILES}.")
    for one in entries:
        if one.filename.startswith("/") or ".." in PurePosixPath(one.filename).parts or "\0" in one.filename:
            raise invalid(f"The zip file has an entry that leads out of it: {one.filename!r}. Make it anew.")


def extract(data: bytes, folder: Path) -> None:
    """Writes a checked zip file's entries below the folder. OSError for one that is not what its head says."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            left = MOST_UNZIPPED
            for one in archive.infolist():
                left -= _write(archive, one, folder, left)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise OSError(f"the zip file can't be read: {error}") from error


def _write(archive: zipfile.ZipFile, one: zipfile.ZipInfo, folder: Path, left: int) -> int:
    place, mode = folder / one.filename, one.external_attr >> 16
    if one.is_dir():
        place.mkdir(mode=0o755, parents=True, exist_ok=True)
        return 0
    place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    if stat.S_ISLNK(mode):
        target = archive.read(one).decode()
        if not (place.parent / target).resolve().is_relative_to(folder.resolve()):
            raise OSError(f"{one.filename} is a symbolic link that leads out of the zip file")
        place.unlink(missing_ok=True)
        place.symlink_to(target)
        return 0
    written = 0
    place.unlink(missing_ok=True)
    with archive.open(one) as source, place.open("wb") as target_file:
        while piece := source.read(_PIECE):
            written += len(piece)
            if written > left:
                raise OSError("the zip file holds more than it says")
            target_file.write(piece)
    place.chmod(0o755 if mode & 0o111 or not mode else 0o644)
    return written


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
