"""Certificates of release 0.1."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from netflux.resources.acm import CERTIFICATE
from netflux.upgrade import acm
from tests.aws.acm.made import Made
from tests.controlplane.plane import Plane


@pytest.fixture
async def plane(tmp_path: Path) -> AsyncIterator[Plane]:
    made = Plane(tmp_path)
    await made.start()
    yield made
    made.stop()


async def test_imported_and_requested_certificates_are_taken_over_with_their_keys(plane: Plane) -> None:
    issuer = Made("ca.test")
    alone, signed = Made("a.test"), Made("b.test", issuer=issuer)
    arns = []
    for made, chain in ((alone, {}), (signed, {"CertificateChain": issuer.pem})):
        given = {"Certificate": made.pem, "PrivateKey": made.key, "Tags": [{"Key": "k", "Value": "v"}], **chain}
        arns.append((await plane.moto.call("acm", "ImportCertificate", given))["CertificateArn"])
    wanted = {"DomainName": "c.test", "SubjectAlternativeNames": ["*.c.test"], "ValidationMethod": "DNS"}
    waiting = (await plane.moto.call("acm", "RequestCertificate", wanted))["CertificateArn"]
    told = (await plane.moto.call("acm", "DescribeCertificate", {"CertificateArn": waiting}))["Certificate"]
    for _ in range(2):
        await acm.adopt(plane.moto, plane.documents)
    await plane.restart()
    table = plane.documents.table(CERTIFICATE)
    assert len(table) == 3
    for arn, made, chain in ((arns[0], alone, b""), (arns[1], signed, issuer.pem)):
        found = table.get(arn)
        assert found is not None
        assert (found.type, found.status, found.tags) == ("IMPORTED", "ISSUED", {"k": "v"})
        assert (found.certificate.strip(), found.chain.strip()) == (made.pem.decode().strip(), chain.decode().strip())
        file = plane.path / "served.pem"
        file.write_bytes(found.pem)
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(file)
    found = table.get(waiting)
    assert found is not None
    assert (found.type, found.names) == ("AMAZON_ISSUED", ("c.test", "*.c.test"))
    records = {one["ResourceRecord"]["Name"].rstrip(".") for one in told["DomainValidationOptions"]}
    assert {one.name.rstrip(".") for one in found.validations} == records
    assert "PRIVATE KEY" in found.key
