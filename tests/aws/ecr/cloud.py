"""ECR with its registry, behind a real gateway."""

import asyncio
import shutil
from pathlib import Path

from moto.moto_api._internal import moto_api_backend

from netflux import names
from netflux.aws.ecr import distribution
from netflux.aws.ecr.api import Contents, EcrApi
from netflux.aws.ecr.registry import EcrRegistry
from netflux.aws.ecr.registryserver import RegistryServer
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.gateway.gateway import Gateway, Region
from netflux.haproxy import binary
from netflux.haproxy.process import HAProxy
from netflux.runtime.children import Children
from tests.haproxy.targets import free_port
from tests.oci import OciImage


class Cloud:
    """Started with `start`, also again after `stop`."""

    def __init__(self, path: Path, *, installed: bool = True) -> None:
        self.path = path
        self.installed = installed
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        run = self.path / "run"
        run.mkdir(exist_ok=True)
        moto_api_backend.reset()
        self.children = Children(run / "children")
        self.documents = Documents(self.path / "netflux.db")
        self.moto = Moto(self.documents, names.ACCOUNT, names.REGION)
        self.apis = Apis(names.ACCOUNT, names.REGION, self.moto, lambda _: None)
        found = distribution.program() if self.installed else None
        layers = distribution.Distribution(self.children, found, self.path / "registry", run) if found else None
        clock = Clock()
        ecr = EcrApi(self.documents, self.apis, clock, Contents(layers), self.port)
        self.apis.register(ecr)
        self.passwords = ecr.passwords
        self.server = RegistryServer(self.apis, ecr, names.ACCOUNT, names.REGION)
        self.registry = EcrRegistry(self.apis, names.ACCOUNT, names.REGION, lambda: self.server.port)
        self.gateway = Gateway(self.port, run, self.path / "ca", Region(names.ACCOUNT, names.REGION))
        self.haproxy = HAProxy(self.children, binary.find(), run, self.path / "haproxy.log", self.gateway.frontends)
        await self.server.start(run / "ecr.sock")
        await self.haproxy.start()
        await self.haproxy.put(self.server.section(run / "ecr.sock"))
        self.certificates = self.path / "certificates"
        self.certificates.mkdir(exist_ok=True)
        shutil.copy(self.gateway.authority.certificate, self.certificates / "ca.crt")

    async def stop(self) -> None:
        await self.haproxy.stop()
        await self.server.stop()
        await self.children.stop_all(5.0)
        self.moto.stop()
        self.documents.close()

    async def repository(self, name: str, **more: object) -> None:
        await self.apis.call("ecr", "CreateRepository", {"repositoryName": name, **more})

    async def run(self, *argv: str, stdin: str = "") -> tuple[int, str]:
        """A client's exit code and what it wrote."""
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        out, _ = await asyncio.wait_for(process.communicate(stdin.encode()), 60)
        return process.returncode or 0, out.decode()

    async def skopeo(self, verb: str, *argv: str, password: str | None = None) -> tuple[int, str]:
        """skopeo over TLS, trusting the cloud's certificate authority. `REGISTRY` stands for the registry."""
        credentials = f"AWS:{self.passwords.issue()[0] if password is None else password}"
        certificates = str(self.certificates)
        options = {
            "copy": [f"--dest-creds={credentials}", f"--src-creds={credentials}", f"--dest-cert-dir={certificates}",
                     f"--src-cert-dir={certificates}"],
        }.get(verb, [f"--creds={credentials}", f"--cert-dir={certificates}"])  # fmt: skip
        named = [word.replace("REGISTRY", f"docker://{self.host}") for word in argv]
        return await self.run("skopeo", "--insecure-policy", verb, *options, *named)

    async def push(self, image: OciImage, name: str, folder: Path) -> str:
        """The digest of the image that skopeo has pushed."""
        digest = image.write(folder)
        code, said = await self.skopeo("copy", f"oci:{folder}", f"REGISTRY/{name}")
        assert code == 0, said
        return digest
