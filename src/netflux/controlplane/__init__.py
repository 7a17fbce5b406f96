"""The AWS APIs: model-driven dispatch to our handlers or to moto, and documents on disk."""

from netflux.controlplane import lazyimports

for _name in ("moto", "moto.core", "aiohttp", "urllib3", "botocore.awsrequest", "botocore.httpsession"):
    lazyimports.defer(_name)
