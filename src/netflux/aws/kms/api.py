"""The operations of KMS; one without a method here is refused by name."""

from __future__ import annotations

from netflux.aws.kms.aliases import Aliases
from netflux.aws.kms.cryptography import Cryptography
from netflux.aws.kms.lifecycle import Lifecycle


class KmsApi(Lifecycle, Aliases, Cryptography):
    """Handlers of KMS."""

    service = "kms"
    whole = True
