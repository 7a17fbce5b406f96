"""A task's own layer over the content of its image: what it writes is its own, and goes with it.

Done by the process that becomes the task's program, in its mount namespace.
"""

from __future__ import annotations

import os

from netflux.runtime import kernel
from netflux.runtime.kernel import MS_NODEV, MS_NOSUID


def lay(tree: str, scratch: str) -> str:
    """A folder with the content, whose changes go elsewhere: by overlayfs, or a copy where the kernel makes none.

    Args:
        tree: the content.
        scratch: a directory of the task's own.
    """
    upper, work, merged = (f"{scratch}/image-{name}" for name in ("upper", "work", "merged"))
    for place in (upper, work, merged):
        os.mkdir(place)
    os.chmod(upper, os.stat(tree).st_mode & 0o7777)
    words = [place.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,") for place in (tree, upper, work)]
    options = "lowerdir={},upperdir={},workdir={}".format(*words)
    if os.getuid() != 0:
        options += ",userxattr"
    try:
        kernel.mount("netflux", merged, "overlay", MS_NOSUID | MS_NODEV, options)
        for name in os.listdir(work):
            os.chmod(f"{work}/{name}", 0o700)  # so that whoever is not root can remove it afterwards
    except OSError:
        merged = upper
        _copy(tree, upper)
    return merged


def _copy(tree: str, place: str) -> None:
    for above, inner, files in os.walk(tree):
        target = place + above[len(tree) :]
        for name in inner:
            if os.path.islink(f"{above}/{name}"):
                os.symlink(os.readlink(f"{above}/{name}"), f"{target}/{name}")
            else:
                os.mkdir(f"{target}/{name}")
        for name in files:
            _copy_file(f"{above}/{name}", f"{target}/{name}")


def _copy_file(source: str, target: str) -> None:
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
        return
    read = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    status = os.fstat(read)
    write = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, status.st_mode & 0o777)
    while os.sendfile(write, read, None, 1 << 24):
        pass
    os.fchmod(write, status.st_mode & 0o777)
    os.utime(write, ns=(status.st_mtime_ns, status.st_mtime_ns))
    os.close(read)
    os.close(write)
