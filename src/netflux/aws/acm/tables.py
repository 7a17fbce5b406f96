"""What ACM's operations are built on: the certificates, and what time and load balancers make of them."""

from __future__ import annotations

from datetime import timedelta

from netflux.aws.acm import shape
from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.acm import CERTIFICATE, Certificate
from netflux.resources.elbv2 import LISTENER, balancer_of


class Tables:
    """Certificates.

    Args:
        documents: where they are.
        clock: for their times.
        place: region and account.
    """

    def __init__(self, documents: Documents, clock: Clock, place: tuple[str, str]) -> None:
        self.documents = documents
        self.clock = clock
        self.region, self.account = place
        self.certificates = documents.table(CERTIFICATE)
        self.listeners = documents.table(LISTENER)

    def the_certificate(self, arn: str) -> Certificate:
        """By its ARN; AwsError when there is none."""
        found = self.certificates.get(arn)
        if found is None:
            raise AwsError("ResourceNotFoundException", f"Could not find certificate {arn} in account {self.account}.")
        return found

    def status(self, certificate: Certificate) -> str:
        """What it is now."""
        now = self.clock.now()
        waited: timedelta = (now - certificate.created) * self.clock.speed
        return shape.status(certificate, now, waited)

    def users(self, arn: str) -> list[str]:
        """ARNs of the load balancers that show a certificate."""
        return sorted({balancer_of(listener.arn) for listener in self.listeners.where("certificate", arn)})
