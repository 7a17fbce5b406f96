"""The real control plane without HTTP: documents on disk, moto in process; it can be restarted on the same disk."""

from pathlib import Path

from netflux import names
from netflux.aws.ec2.api import Ec2Api
from netflux.aws.iam.accesskeys import UserKeys
from netflux.aws.iam.api import IamApi
from netflux.aws.kms.api import KmsApi
from netflux.aws.secretsmanager.api import SecretsManagerApi
from netflux.aws.sns.api import SnsApi
from netflux.aws.sqs.api import SqsApi
from netflux.aws.ssm.api import SsmApi
from netflux.aws.sts.api import StsApi
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.authentication.admission import Admission
from netflux.controlplane.authentication.keys import Keys, well_known
from netflux.controlplane.call import Call
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.resources.sns.topics import Topics
from netflux.resources.sqs.queues import Queues


def admission(apis: Apis) -> Admission:
    """Knows the pair `test`."""
    keys = Keys()
    keys.add(well_known(apis.account))
    return Admission(keys, apis.account)


def with_ec2(apis: Apis, documents: Documents, clock: Clock | None = None) -> Ec2Api:
    """EC2 on the documents, answering from now on; without flow logs."""
    api = Ec2Api(documents, clock or Clock())
    api.seed()
    apis.register(api)
    return api


def with_iam(apis: Apis, documents: Documents, account: str = names.ACCOUNT) -> Keys:
    """IAM and STS on the documents, answering from now on, and the keys that they issue."""
    keys = Keys(documents, UserKeys(documents))
    apis.register(IamApi(documents, Clock(), account, keys))
    apis.register(StsApi(documents, keys))
    return keys


def with_queues(apis: Apis, documents: Documents, keys: Keys, clock: Clock | None = None) -> tuple[Queues, Topics]:
    """SQS and SNS on the documents, answering from now on, and their tables."""
    queues = Queues(documents, clock or Clock())
    topics = Topics(documents, clock or Clock(), queues, names.REGION)
    apis.register(SqsApi(queues, keys, apis, (names.REGION, names.ACCOUNT)))
    apis.register(SnsApi(topics, keys, apis, (names.REGION, names.ACCOUNT)))
    return queues, topics


def with_kms(apis: Apis, documents: Documents, keys: Keys, clock: Clock | None = None) -> KmsApi:
    """KMS on the documents, answering from now on; until then moto has it."""
    api = KmsApi(documents, clock or Clock(), (apis.region, apis.account), keys)
    apis.register(api)
    return api


class Plane:
    """A control plane that can be restarted on the same disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.changes: list[Call] = []

    async def start(self) -> Apis:
        from moto.core.base_backend import BackendDict

        BackendDict.reset()
        self.documents = Documents(self.path / "n.db")
        self.moto = Moto(self.documents, names.ACCOUNT, names.REGION)
        apis = Apis(names.ACCOUNT, names.REGION, self.moto, self.changes.append)
        with_ec2(apis, self.documents)
        self.keys = with_iam(apis, self.documents)
        apis.register(SecretsManagerApi(self.documents, Clock(), apis))
        apis.register(SsmApi(self.documents, Clock(), apis, self.keys))
        self.queues, self.topics = with_queues(apis, self.documents, self.keys)
        return apis

    def stop(self) -> None:
        self.moto.stop()
        self.documents.close()

    async def restart(self) -> Apis:
        self.stop()
        return await self.start()
