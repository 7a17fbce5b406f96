"""All operations of ACM."""

from __future__ import annotations

from netflux.aws.acm.certificates import Certificates
from netflux.aws.acm.tags import Tags
from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents


class AcmApi(Certificates, Tags):
    """Handlers of `acm`."""

    service = "acm"
    whole = True

    def __init__(self, documents: Documents, clock: Clock, place: tuple[str, str]) -> None:
        super().__init__(documents, clock, place)
        documents.watch(self.follow)
