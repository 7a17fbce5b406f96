"""A listener negotiates what its security policy has, at its nodes' addresses."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.aws.elbv2 import bare
from tests.aws.elbv2.bare import Bare
from tests.aws.elbv2.place import fixed
from tests.haproxy.targets import free_port, fresh_address
from tests.parity.rows import parity


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[Bare]:
    made = await Bare(tmp_path).start()
    yield made
    await made.stop()


async def negotiated(address: str, port: int, highest: ssl.TLSVersion, ciphers: str = "") -> tuple[str, str]:
    """Version and cipher; two empty texts where there is no common one."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = highest
    if ciphers:
        context.set_ciphers(ciphers)
    try:
        _, writer = await asyncio.open_connection(address, port, ssl=context)
    except (ssl.SSLError, ConnectionError):
        return "", ""
    found = writer.get_extra_info("ssl_object")
    writer.close()
    return found.version(), found.cipher()[0]


NEW, OLD = ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2


@parity("elbv2", "Connections", "supported")
@pytest.mark.parametrize(("policy", "newest", "older", "weak"), [
    ("ELBSecurityPolicy-2016-08", "TLSv1.2", "TLSv1.2", True),
    ("ELBSecurityPolicy-TLS13-1-2-2021-06", "TLSv1.3", "TLSv1.2", False),
    ("ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06", "TLSv1.3", "TLSv1.2", True),
    ("ELBSecurityPolicy-TLS13-1-3-2021-06", "TLSv1.3", "", False),
    ("ELBSecurityPolicy-FS-1-2-Res-2020-10", "TLSv1.2", "TLSv1.2", False),
])  # fmt: skip
async def test_a_policy_chooses_versions_and_ciphers(
    way: Bare, policy: str, newest: str, older: str, weak: bool
) -> None:
    address, port = fresh_address(), free_port()
    secure = replace(bare.listener(bare.default(fixed("200")), port=port), protocol="HTTPS", ssl_policy=policy)
    await way.put(bare.balancer(secure), addresses={port: [f"{address}:{port}"]})
    assert (await negotiated(address, port, NEW))[0] == newest
    assert (await negotiated(address, port, OLD))[0] == older
    sha1 = "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA"
    assert ((await negotiated(address, port, OLD, sha1))[0] != "") == weak
