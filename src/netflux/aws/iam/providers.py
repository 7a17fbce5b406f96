"""Identity providers: OpenID Connect and SAML."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from netflux.aws.iam import errors, quotas, shape
from netflux.aws.iam.tables import TAGS, Tables, tagged, tags_page, untagged
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.decoding import xml
from netflux.decoding.limits import Limits, Malformed
from netflux.errors import AwsError
from netflux.resources.iam.provider import OpenIdProvider, SamlProvider

if TYPE_CHECKING:
    from types_boto3_iam import type_defs as types

_METADATA = Limits(size=10_000_000)
_VALID = timedelta(days=365 * 100)
"""Of metadata that do not say until when: as long as IAM tells of them."""
_ENCRYPTED = "Assertions are not decrypted here."
_HEX = frozenset("0123456789abcdefABCDEF")


class OpenIdProviders:
    """Operations on OpenID Connect providers."""

    tables: Tables

    @operation("Url ClientIDList ThumbprintList Tags(Key Value)")
    def create_open_id_connect_provider(
        self, _call: Call, request: types.CreateOpenIDConnectProviderRequestTypeDef
    ) -> dict[str, Any]:
        """Thumbprints that are not given are none: nothing here connects to the provider."""
        url = urlsplit(request["Url"])
        if url.scheme != "https" or not url.hostname or url.query or url.fragment or url.port is not None:
            raise AwsError("ValidationError", "Invalid Open ID Connect Provider URL")
        place = f"{url.netloc}{url.path.rstrip('/')}"
        arn, kept = self.tables.arn(f"oidc-provider/{place}"), self.tables.openid_providers
        if arn in kept:
            raise errors.exists(f"Provider with url {request['Url']} already exists.")
        if len(kept) >= quotas.OPENID_PROVIDERS:
            raise errors.exceeded("OpenIdConnectProvidersPerAccount", quotas.OPENID_PROVIDERS)
        provider = OpenIdProvider(
            arn=arn,
            url=place,
            client_ids=_client_ids(request.get("ClientIDList") or ()),
            thumbprints=_thumbprints(request.get("ThumbprintList") or ()),
            created=self.tables.now(),
            tags=TAGS.read(request.get("Tags")),
        )
        kept.put(provider)
        return {"OpenIDConnectProviderArn": arn, **shape.tags(provider.tags)}

    @operation("OpenIDConnectProviderArn")
    def get_open_id_connect_provider(
        self, _call: Call, request: types.GetOpenIDConnectProviderRequestTypeDef
    ) -> dict[str, Any]:
        """Its URL comes without `https://`."""
        found = self._openid(request)
        return {
            "Url": found.url,
            "ClientIDList": [*found.client_ids],
            "ThumbprintList": [*found.thumbprints],
            "CreateDate": found.created,
            "Tags": TAGS.shown(found.tags),
        }

    @operation()
    def list_open_id_connect_providers(self, _call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        """All of them."""
        return {"OpenIDConnectProviderList": [{"Arn": one.arn} for one in self.tables.openid_providers]}

    @operation("OpenIDConnectProviderArn")
    def delete_open_id_connect_provider(
        self, _call: Call, request: types.DeleteOpenIDConnectProviderRequestTypeDef
    ) -> dict[str, Any]:
        """Roles that trust it are not looked at, and one that is not there is none to delete
        ("DeleteOpenIDConnectProvider", IAM API Reference)."""
        self.tables.openid_providers.delete(request["OpenIDConnectProviderArn"])
        return {}

    @operation("OpenIDConnectProviderArn ThumbprintList")
    def update_open_id_connect_provider_thumbprint(
        self, _call: Call, request: types.UpdateOpenIDConnectProviderThumbprintRequestTypeDef
    ) -> dict[str, Any]:
        """Replaces all of them."""
        found = self._openid(request)
        self.tables.openid_providers.put(replace(found, thumbprints=_thumbprints(request["ThumbprintList"])))
        return {}

    @operation("OpenIDConnectProviderArn ClientID")
    def add_client_id_to_open_id_connect_provider(
        self, _call: Call, request: types.AddClientIDToOpenIDConnectProviderRequestTypeDef
    ) -> dict[str, Any]:
        """One that is there stays."""
        found, new = self._openid(request), request["ClientID"]
        if new not in found.client_ids:
            self.tables.openid_providers.put(replace(found, client_ids=_client_ids((*found.client_ids, new))))
        return {}

    @operation("OpenIDConnectProviderArn ClientID")
    def remove_client_id_from_open_id_connect_provider(
        self, _call: Call, request: types.RemoveClientIDFromOpenIDConnectProviderRequestTypeDef
    ) -> dict[str, Any]:
        """One that is not there is none to remove ("RemoveClientIDFromOpenIDConnectProvider")."""
        found = self._openid(request)
        left = tuple(one for one in found.client_ids if one != request["ClientID"])
        self.tables.openid_providers.put(replace(found, client_ids=left))
        return {}

    @operation("OpenIDConnectProviderArn Tags(Key Value)")
    def tag_open_id_connect_provider(
        self, _call: Call, request: types.TagOpenIDConnectProviderRequestTypeDef
    ) -> dict[str, Any]:
        """A key that is there in another case is replaced."""
        found = self._openid(request)
        self.tables.openid_providers.put(replace(found, tags=tagged(found.tags, request)))
        return {}

    @operation("OpenIDConnectProviderArn TagKeys")
    def untag_open_id_connect_provider(
        self, _call: Call, request: types.UntagOpenIDConnectProviderRequestTypeDef
    ) -> dict[str, Any]:
        """Keys that are not there are none to remove."""
        found = self._openid(request)
        self.tables.openid_providers.put(replace(found, tags=untagged(found.tags, request)))
        return {}

    @operation("OpenIDConnectProviderArn Marker MaxItems")
    def list_open_id_connect_provider_tags(
        self, _call: Call, request: types.ListOpenIDConnectProviderTagsRequestTypeDef
    ) -> dict[str, Any]:
        """Its tags."""
        return tags_page(self._openid(request).tags, request)

    def _openid(self, request: Mapping[str, Any]) -> OpenIdProvider:
        arn = request["OpenIDConnectProviderArn"]
        found = self.tables.openid_providers.get(arn)
        if found is None:
            raise errors.missing(f"OpenIDConnect Provider not found for arn {arn}")
        return found


class SamlProviders:
    """Operations on SAML providers."""

    tables: Tables

    @operation(
        "SAMLMetadataDocument Name Tags(Key Value)",
        refused={"AssertionEncryptionMode": _ENCRYPTED, "AddPrivateKey": _ENCRYPTED},
    )
    def create_saml_provider(self, _call: Call, request: types.CreateSAMLProviderRequestTypeDef) -> dict[str, Any]:
        """Refuses metadata that are no XML of an entity."""
        name, kept = request["Name"], self.tables.saml_providers
        arn = self.tables.arn(f"saml-provider/{name}")
        if arn in kept:
            raise errors.exists(f"Provider with name {name} already exists.")
        if len(kept) >= quotas.SAML_PROVIDERS:
            raise errors.exceeded("SAMLProvidersPerAccount", quotas.SAML_PROVIDERS)
        document, now = request["SAMLMetadataDocument"], self.tables.now()
        until, tags = _valid_until(document, now), TAGS.read(request.get("Tags"))
        identity = f"SAML{uuid.uuid4().hex.upper()[:16]}"
        kept.put(SamlProvider(arn, name, identity, document, now, until, tags))
        return {"SAMLProviderArn": arn, **shape.tags(tags)}

    @operation("SAMLProviderArn")
    def get_saml_provider(self, _call: Call, request: types.GetSAMLProviderRequestTypeDef) -> dict[str, Any]:
        """With its metadata."""
        found = self._saml(request)
        return {
            "SAMLProviderUUID": found.id,
            "SAMLMetadataDocument": found.document,
            "CreateDate": found.created,
            "ValidUntil": found.valid_until,
            "Tags": TAGS.shown(found.tags),
        }

    @operation()
    def list_saml_providers(self, _call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        """All of them."""
        found = [
            {"Arn": one.arn, "ValidUntil": one.valid_until, "CreateDate": one.created}
            for one in self.tables.saml_providers
        ]
        return {"SAMLProviderList": found}

    @operation(
        "SAMLMetadataDocument SAMLProviderArn",
        refused={
            "AssertionEncryptionMode": _ENCRYPTED,
            "AddPrivateKey": _ENCRYPTED,
            "RemovePrivateKey": _ENCRYPTED,
        },
    )
    def update_saml_provider(self, _call: Call, request: types.UpdateSAMLProviderRequestTypeDef) -> dict[str, Any]:
        """Other metadata."""
        found, document = self._saml(request), request.get("SAMLMetadataDocument")
        if document:
            until = _valid_until(document, self.tables.now())
            self.tables.saml_providers.put(replace(found, document=document, valid_until=until))
        return {"SAMLProviderArn": found.arn}

    @operation("SAMLProviderArn")
    def delete_saml_provider(self, _call: Call, request: types.DeleteSAMLProviderRequestTypeDef) -> dict[str, Any]:
        """Roles that trust it are not looked at ("DeleteSAMLProvider", IAM API Reference)."""
        self.tables.saml_providers.delete(self._saml(request).arn)
        return {}

    @operation("SAMLProviderArn Tags(Key Value)")
    def tag_saml_provider(self, _call: Call, request: types.TagSAMLProviderRequestTypeDef) -> dict[str, Any]:
        """A key that is there in another case is replaced."""
        found = self._saml(request)
        self.tables.saml_providers.put(replace(found, tags=tagged(found.tags, request)))
        return {}

    @operation("SAMLProviderArn TagKeys")
    def untag_saml_provider(self, _call: Call, request: types.UntagSAMLProviderRequestTypeDef) -> dict[str, Any]:
        """Keys that are not there are none to remove."""
        found = self._saml(request)
        self.tables.saml_providers.put(replace(found, tags=untagged(found.tags, request)))
        return {}

    @operation("SAMLProviderArn Marker MaxItems")
    def list_saml_provider_tags(self, _call: Call, request: types.ListSAMLProviderTagsRequestTypeDef) -> dict[str, Any]:
        """Its tags."""
        return tags_page(self._saml(request).tags, request)

    def _saml(self, request: Mapping[str, Any]) -> SamlProvider:
        arn = request["SAMLProviderArn"]
        found = self.tables.saml_providers.get(arn)
        if found is None:
            raise errors.missing(f"Manifest not found for arn {arn}")
        return found


def _client_ids(given: Sequence[str]) -> tuple[str, ...]:
    if len(given) > quotas.CLIENT_IDS:
        raise errors.exceeded("ClientIdsPerOpenIdConnectProvider", quotas.CLIENT_IDS)
    return tuple(dict.fromkeys(given))


def _thumbprints(given: Sequence[str]) -> tuple[str, ...]:
    if len(given) > quotas.THUMBPRINTS:
        raise errors.invalid("Thumbprint list must contain fewer than 5 entries.")
    for one in given:
        if not set(one) <= _HEX:
            raise errors.invalid(f"Thumbprint {one} is not forty hexadecimal digits.")
    return tuple(given)


def _valid_until(document: str, now: datetime) -> datetime:
    """Until when the metadata are good; AwsError when they are none of an identity provider."""
    try:
        root = xml.decode(document.encode(), _METADATA)
    except Malformed as error:
        raise errors.invalid(f"Could not parse metadata: {error}") from error
    if root.tag.rpartition("}")[2] not in ("EntityDescriptor", "EntitiesDescriptor"):
        raise errors.invalid("Could not parse metadata: its root is no EntityDescriptor.")
    said = root.get("validUntil")
    if said is None:
        return now + _VALID
    try:
        until = datetime.fromisoformat(said)
    except ValueError as error:
        raise errors.invalid(f"Could not parse metadata: validUntil is {said}.") from error
    return until if until.tzinfo is not None else until.replace(tzinfo=UTC)
