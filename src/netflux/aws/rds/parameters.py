"""The parameters that a PostgreSQL of this machine has: it tells them itself, and says which values it takes."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from netflux.aws.rds.configuration import FORCE_SSL, FORCED_FROM
from netflux.aws.rds.installation import Installation
from netflux.errors import AwsError

_TYPES = {"BOOLEAN": "boolean", "ENUM": "string", "INTEGER": "integer", "REAL": "float", "STRING": "string"}
_LONGEST = 15.0
"""Real seconds for PostgreSQL to say what it thinks of values; it takes some hundredths."""

_OURS = (
    "listen_addresses", "port", "bonjour", "bonjour_name", "unix_socket_directories", "unix_socket_group",
    "unix_socket_permissions", "fsync", "full_page_writes", "ssl", "password_encryption", "session_preload_libraries",
    "dynamic_library_path", "krb_server_keyfile", "gss_accept_delegation", "archive_library", "huge_pages",
    "cluster_name", "event_source", "restart_after_crash", "data_sync_retry", "max_prepared_transactions",
    "shared_memory_type", "dynamic_shared_memory_type", "backtrace_functions", "update_process_title",
    "extension_control_path",
)  # fmt: skip
_OUR_GROUPS = (
    "File Locations", "Developer Options", "Write-Ahead Log / Archiv", "Write-Ahead Log / Recovery",
    "Reporting and Logging / Where", "Replication / Standby", "Replication / Primary", "Preset Options",
)  # fmt: skip
_LIKE_SSL = re.compile(r"ssl_(?!min_protocol_version|max_protocol_version|ciphers)")

_LIBRARIES, _LIBRARY = "shared_preload_libraries", re.compile("[a-z0-9_]+")
_HINT = re.compile(r"HINT:\s+Available values: (.*)\.")
_SAID = re.compile(r"FATAL:\s+(.*)")
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_REAL = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:e[+-]?[0-9]{1,3})?", re.IGNORECASE)


@dataclass(frozen=True)
class Setting:
    """One parameter.

    Attributes:
        kind: RDS's DataType: boolean, float, integer or string.
        least: lowest value; empty where there is none.
        most: highest value.
        values: of an enumeration; empty for others.
        static: a change takes effect when the instance is restarted.
        modifiable: users may change it; others are RDS's own.
        default: empty where PostgreSQL tells none.
    """

    name: str
    kind: str
    least: str = ""
    most: str = ""
    values: tuple[str, ...] = ()
    static: bool = False
    modifiable: bool = True
    description: str = ""
    default: str = ""

    @property
    def allowed(self) -> str:
        """RDS's AllowedValues."""
        if self.kind == "boolean":
            return "0,1"
        return ",".join(self.values) if self.values else f"{self.least}-{self.most}" if self.most else ""


@lru_cache(maxsize=8)
def settings(installation: Installation) -> Mapping[str, Setting]:
    """All parameters of a PostgreSQL by name, in lower case, and RDS's own that have an effect here."""
    argv = [installation.program("postgres"), "--describe-config"]
    told = subprocess.run(argv, capture_output=True, text=True, timeout=_LONGEST, check=True).stdout
    found = [_setting(installation, line.split("\t")) for line in told.splitlines() if line.count("\t") >= 7]
    forced = "1" if int(installation.major) >= FORCED_FROM else "0"
    about = "Force SSL connections."
    found.append(Setting(FORCE_SSL, "boolean", description=about, default=forced))
    return {setting.name: setting for setting in sorted(found, key=lambda setting: setting.name)}


def _setting(installation: Installation, columns: list[str]) -> Setting:
    name, context, group, kind, default, least, most, description = columns[:8]
    ours = name in _OURS or group.startswith(_OUR_GROUPS) or _LIKE_SSL.match(name)
    return Setting(
        name=name.lower(),
        kind=_TYPES[kind],
        least=least,
        most=most,
        values=_values(installation, name) if kind == "ENUM" else (),
        static=context == "postmaster",
        modifiable=not ours and context != "internal",
        description=description,
        default=default if kind in ("ENUM", "STRING") else "",
    )


def _values(installation: Installation, name: str) -> tuple[str, ...]:
    """Of an enumeration: PostgreSQL names them when it is given none of them."""
    found = _HINT.search(_ask(installation, {name: "none of them"}))
    return tuple(found[1].split(", ")) if found else ()


def check(installation: Installation, values: Mapping[str, str]) -> None:
    """Refuses the first value that is none.

    Raises:
        AwsError: in RDS's words, with what PostgreSQL says where it is the one that refuses.
    """
    known = settings(installation)
    for name, value in values.items():
        setting = known.get(name)
        if setting is None:
            raise AwsError("InvalidParameterValue", f"Could not find parameter with name: {name}")
        if not setting.modifiable:
            raise AwsError("InvalidParameterValue", f"The parameter {name} cannot be modified.")
        missing = _missing(installation, value) if name == _LIBRARIES else ""
        if missing or not _fits(setting, value):
            raise _refused(setting, value, missing)
    real = {name: value for name, value in values.items() if name != FORCE_SSL}
    said = _SAID.search(_ask(installation, real)) if real else None
    if said is not None:
        named = re.search(r'parameter "([^"]+)"', said[1])
        name = named[1].lower() if named and named[1].lower() in real else next(iter(real))
        raise _refused(known[name], real[name], said[1])


def _fits(setting: Setting, value: str) -> bool:
    """Whether it is of the parameter's type, as RDS takes it: numbers in the parameter's own unit, 0 and 1."""
    match setting.kind:
        case "boolean":
            return value in ("0", "1")
        case "integer":
            return _WHOLE.fullmatch(value) is not None
        case "float":
            return _REAL.fullmatch(value) is not None
    return "\x00" not in value and "\n" not in value and (not setting.values or value in setting.values)


def _missing(installation: Installation, libraries: str) -> str:
    """The first library that is not there; nothing when all are."""
    for library in filter(None, (one.strip() for one in libraries.split(","))):
        if not _LIBRARY.fullmatch(library) or not any(installation.programs.parent.rglob(f"{library}.so")):
            return f"there is no library {library}"
    return ""


def _refused(setting: Setting, value: str, said: str = "") -> AwsError:
    more = f" PostgreSQL: {said}." if said else ""
    return AwsError(
        "InvalidParameterValue",
        f"Invalid parameter value: {value} for: {setting.name} allowed values are: {setting.allowed}.{more}",
    )


def _ask(installation: Installation, values: Mapping[str, str]) -> str:
    """What PostgreSQL says of values, on a directory with nothing in it: it reads them, and starts nothing."""
    with tempfile.TemporaryDirectory(prefix="netflux-") as folder:
        for name in ("postgresql.conf", "postgresql.auto.conf"):
            (Path(folder) / name).touch()
        argv = [installation.program("postgres"), "-C", "server_version", "-D", folder]
        for name, value in values.items():
            argv += ["-c", f"{name}={value}"]
        environment = {"LC_ALL": "C", "TZ": "UTC"}
        done = subprocess.run(
            argv, capture_output=True, text=True, timeout=_LONGEST, check=False, env=environment, errors="replace"
        )
    return done.stderr if done.returncode else ""
