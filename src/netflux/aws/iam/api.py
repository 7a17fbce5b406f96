"""IAM's operations, all of them; what is not here is refused by name."""

from __future__ import annotations

from netflux.aws.iam.accesskeys import AccessKeys
from netflux.aws.iam.account import Account
from netflux.aws.iam.attachments import Attachments
from netflux.aws.iam.groups import Groups
from netflux.aws.iam.identities import TableIdentities
from netflux.aws.iam.inline import InlinePolicies
from netflux.aws.iam.linkedroles import LinkedRoles
from netflux.aws.iam.logins import Logins
from netflux.aws.iam.profiles import InstanceProfiles
from netflux.aws.iam.providers import OpenIdProviders, SamlProviders
from netflux.aws.iam.report import CredentialReports
from netflux.aws.iam.roles import Roles
from netflux.aws.iam.servercertificates import ServerCertificates
from netflux.aws.iam.simulation import Simulations
from netflux.aws.iam.tables import Tables
from netflux.aws.iam.usercertificates import UserCertificates
from netflux.aws.iam.users import Users
from netflux.clock import Clock
from netflux.controlplane.authentication.keys import Keys
from netflux.controlplane.records.documents import Documents


class IamApi(
    Users,
    Groups,
    Roles,
    LinkedRoles,
    Account,
    Attachments,
    InlinePolicies,
    InstanceProfiles,
    AccessKeys,
    Logins,
    UserCertificates,
    ServerCertificates,
    OpenIdProviders,
    SamlProviders,
    CredentialReports,
    Simulations,
):
    """The operations of each noun.

    Args:
        documents: where the records are.
        clock: for the dates of what is made.
        account: twelve digits.
        keys: who asks.
    """

    service = "iam"
    whole = True

    def __init__(self, documents: Documents, clock: Clock, account: str, keys: Keys) -> None:
        self.documents = documents
        self.tables = Tables(documents, clock, account, keys)
        self.identities = TableIdentities(documents)
