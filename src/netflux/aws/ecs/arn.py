"""ARNs of ECS resources, and what callers write instead of them."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_CLUSTER = "default"


@dataclass(frozen=True)
class Place:
    """Account and region that ARNs are made for."""

    account: str
    region: str

    def cluster(self, written: str | None) -> str:
        """ARN of a cluster from its name or ARN; the default cluster's when none was written."""
        written = written or DEFAULT_CLUSTER
        return written if written.startswith("arn:") else self._arn(f"cluster/{written}")

    def service(self, cluster: str, written: str) -> str:
        """ARN of a service from its name or ARN."""
        return written if written.startswith("arn:") else self._arn(f"service/{name(cluster)}/{written}")

    def task(self, cluster: str, written: str) -> str:
        """ARN of a task from its id or ARN."""
        return written if written.startswith("arn:") else self._arn(f"task/{name(cluster)}/{written}")

    def container(self, cluster: str, task: str, container: str) -> str:
        """ARN of a container by the ids of its task and its own."""
        return self._arn(f"container/{name(cluster)}/{task}/{container}")

    def definition(self, family: str, revision: int) -> str:
        """ARN of a task definition."""
        return self._arn(f"task-definition/{family}:{revision}")

    def _arn(self, rest: str) -> str:
        return f"arn:aws:ecs:{self.region}:{self.account}:{rest}"


def name(arn: str) -> str:
    """Last part of an ARN: a cluster's, service's or container's name, a task's id, `family:revision`."""
    return arn.rpartition("/")[2]


def place(arn: str) -> Place:
    """Account and region of an ARN."""
    region, account = arn.split(":")[3:5]
    return Place(account, region)
