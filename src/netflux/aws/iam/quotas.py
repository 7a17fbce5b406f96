"""How many and how large: "IAM and AWS STS quotas", IAM User Guide. The default where AWS raises one on request.

Roles are the exception: CI makes thousands, and AWS raises theirs to this.
"""

USERS = 5000
GROUPS = 300
ROLES = 5000
INSTANCE_PROFILES = 1000
POLICIES = 1500
SERVER_CERTIFICATES = 20
OPENID_PROVIDERS = 100
SAML_PROVIDERS = 100
GROUPS_PER_USER = 10
ATTACHED = 10
"""Managed policies of one user, group or role."""
ACCESS_KEYS = 2
SIGNING_CERTIFICATES = 2
PUBLIC_KEYS = 5
VERSIONS = 5
"""Of a managed policy."""
POLICY_SIZE = 6144
"""Of a managed policy, in characters without white space."""
TRUST_SIZE = 2048
INLINE_SIZE = {"user": 2048, "group": 5120, "role": 10240}
"""Of all inline policies of one, in characters without white space."""
CLIENT_IDS = 100
THUMBPRINTS = 5


def size(document: str) -> int:
    """White space does not count."""
    return len("".join(document.split()))
