"""moto's backends as bytes.

A backend is pickled alone: another backend it refers to is named and not copied, and so are EC2's subnets, which load
balancers and subnet groups of the release before hold. A subnet that is gone comes back as its holder knew it, since
AWS lets a subnet go that only a subnet group names. Locks come back as new ones. Functions made inside functions
(SSM's default factories) need cloudpickle.
"""

from __future__ import annotations

import io
import pickle
import threading
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import cloudpickle
from moto.backends import get_backend
from moto.core.base_backend import BackendDict, BaseBackend

_LOCKS: dict[type, Any] = {type(threading.Lock()): threading.Lock, type(threading.RLock()): threading.RLock}


def living() -> Iterator[tuple[str, Any]]:
    """Every backend in this process by its name, `service/account/region` (region `aws` for a global service)."""
    for backends in [*BackendDict._instances]:
        for account, region, backend in [*backends.iter_backends()]:
            yield f"{backends.service_name}/{account}/{region}", backend


def find(name: str) -> Any:
    """The backend in this process with that name, created by moto when it is not there."""
    service, account, region = name.split("/")
    return get_backend(service)[account][region]


def install(name: str, backend: Any) -> None:
    """Gives the backend in this process the state of a loaded one. It stays the same object: others refer to it."""
    service, account, region = name.split("/")
    backends = get_backend(service)[account]
    if region in backends.keys():  # noqa: SIM118  (`in` asks whether the region exists)
        backends[region].__dict__ = backend.__dict__
    else:
        backends[region] = backend


def _name_of(backend: Any) -> str:
    """Its name; one that shares another's state, as `install` leaves it, has that one's."""
    return next(name for name, one in living() if one is backend or one.__dict__ is backend.__dict__)


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    def __init__(self, file: io.BytesIO, name: str, root: Any) -> None:
        super().__init__(file, protocol=5)
        self._root = root
        self._is_ec2 = name.startswith("ec2/")

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, BackendDict):
            return ("backends", obj.service_name)
        if isinstance(obj, BaseBackend) and obj is not self._root:
            return ("backend", _name_of(obj))
        if type(obj).__name__ == "Subnet" and not self._is_ec2:
            return _subnet(obj)
        return None

    def reducer_override(self, obj: Any) -> Any:
        made_by = _LOCKS.get(type(obj))
        if made_by is not None:
            return made_by, ()
        if type(obj).__module__.startswith("cryptography."):
            return _cryptography(obj)
        if isinstance(obj, defaultdict) and type(obj) is not defaultdict:
            return _defaultdict, (type(obj), obj.default_factory), obj.__dict__, None, iter(obj.items())
        return super().reducer_override(obj)


def _subnet(obj: Any) -> tuple[Any, ...]:
    zone = obj._availability_zone
    known = obj.vpc_id, obj.cidr_block, zone.name, zone.region_name, zone.zone_id
    return ("subnet", _name_of(obj.ec2_backend), obj.id, *known)


def _found_subnet(name: str, identity: str, vpc: str, block: str, *zone: str) -> Any:
    """EC2's own; else one that EC2 does not have any more."""
    from moto.ec2.models.availability_zones_and_regions import Zone
    from moto.ec2.models.subnets import Subnet

    backend = find(name)
    known = next((subnets[identity] for subnets in backend.subnets.values() if identity in subnets), None)
    gone = None, Zone(*zone), False, False
    return known or Subnet(backend, identity, vpc, block, *gone)


def _cryptography(obj: Any) -> Any:
    """Keys and certificates as PEM: ACM and IoT hold them, and OpenSSL's objects don't pickle."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    if hasattr(obj, "private_bytes"):
        return _private_key, (obj.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),)
    if hasattr(obj, "issuer"):
        return _certificate, (obj.public_bytes(Encoding.PEM),)
    return NotImplemented


def _private_key(pem: bytes) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    # What this region has written is not tried for its primes again: that takes 0.1 s a key.
    return load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)


def _certificate(pem: bytes) -> Any:
    from cryptography.x509 import load_pem_x509_certificate

    return load_pem_x509_certificate(pem)


def _defaultdict(kind: type[defaultdict[Any, Any]], factory: Any) -> defaultdict[Any, Any]:
    """An empty one of moto's subclasses, whose own __init__ takes other arguments than pickle knows."""
    made = kind.__new__(kind)
    made.default_factory = factory
    return made


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: Any) -> Any:
        kind, name, *rest = pid
        if kind == "backends":
            return get_backend(name)
        if kind == "backend":
            return find(name)
        return _found_subnet(name, *rest) if len(rest) > 1 else find(name).get_subnet(rest[0])


def dumps(name: str, backend: Any) -> bytes:
    """The backend's whole state."""
    file = io.BytesIO()
    _Pickler(file, name, backend).dump(backend)
    return file.getvalue()


def loads(body: bytes) -> Any:
    """The backend of `dumps`; others it refers to are taken from this process, so load EC2 first."""
    return _Unpickler(io.BytesIO(body)).load()
