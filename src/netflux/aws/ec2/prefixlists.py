"""Managed prefix lists: the account's own and AWS's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.ec2 import blocks
from netflux.aws.ec2.filters import Filters, Read, page
from netflux.aws.ec2.nouns import PREFIX_LISTS, invalid, missing
from netflux.aws.ec2.part import DRY_RUN, Part, shown_tags
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.prefixlist import PrefixList, PrefixListEntry, PrefixListVersion, version_key

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import (
        CreateManagedPrefixListRequestTypeDef,
        DeleteManagedPrefixListRequestTypeDef,
        DescribeManagedPrefixListsRequestTypeDef,
        DescribePrefixListsRequestTypeDef,
        GetManagedPrefixListAssociationsRequestTypeDef,
        GetManagedPrefixListEntriesRequestTypeDef,
        ModifyManagedPrefixListRequestTypeDef,
        RestoreManagedPrefixListVersionRequestTypeDef,
    )

MOST_ENTRIES = 1000
_MOST_CHANGES = 100
"""Entries of a list, and entries of one request ["Amazon VPC quotas"; "ModifyManagedPrefixList", EC2 API reference]."""

_AWS = "AWS"
_FAILED = "delete-failed"
_FAMILIES = {"IPv4": 4, "IPv6": 6}


class PrefixLists(Part):
    """The operations."""

    @operation(
        "PrefixListName Entries(Cidr Description) MaxEntries AddressFamily ClientToken "
        "TagSpecifications(ResourceType Tags(Key Value))",
        neutral=DRY_RUN,
    )
    def create_managed_prefix_list(self, call: Call, request: CreateManagedPrefixListRequestTypeDef) -> dict[str, Any]:
        """Version 1 has the entries ("Customer-managed prefix lists", Amazon VPC user guide)."""
        token = request.get("ClientToken") or ""
        if token:
            for known in self.tables.prefix_lists.where("token", token):
                return {"PrefixList": shape(known, call)}
        name, family, most = _named(request["PrefixListName"]), request["AddressFamily"], request["MaxEntries"]
        if family not in _FAMILIES:
            raise invalid(f"Value ({family}) for parameter addressFamily is invalid. Use IPv4 or IPv6.")
        if not 1 <= most <= MOST_ENTRIES:
            raise invalid(f"Value ({most}) for parameter maxEntries is invalid. Use 1 to {MOST_ENTRIES}.")
        one = PrefixList(
            identifiers.hexadecimal("pl"), name, call.account, family, most, client_token=token,
            tags=self.tags(call, request, PREFIX_LISTS),
        )  # fmt: skip
        entries = _merged(one, {}, request.get("Entries") or (), ())
        self.tables.prefix_lists.put(one)
        self.tables.prefix_list_versions.put(PrefixListVersion(one.id, 1, entries))
        return {"PrefixList": shape(one, call)}

    @operation(
        "PrefixListId CurrentVersion PrefixListName AddEntries(Cidr Description) RemoveEntries(Cidr) MaxEntries",
        neutral=DRY_RUN,
        refused={"IpamPrefixListResolverSyncEnabled": "There is no IPAM here."},
    )
    def modify_managed_prefix_list(self, call: Call, request: ModifyManagedPrefixListRequestTypeDef) -> dict[str, Any]:
        """Other entries make another version; the name and the size do not."""
        one = self._own(request["PrefixListId"])
        added, removed = request.get("AddEntries") or (), request.get("RemoveEntries") or ()
        most = request.get("MaxEntries") or one.max_entries
        if (added or removed) and request.get("MaxEntries"):
            raise AwsError("InvalidParameterCombination", "Change the entries and the size in two requests.")
        if not 1 <= most <= MOST_ENTRIES:
            raise invalid(f"Value ({most}) for parameter maxEntries is invalid. Use 1 to {MOST_ENTRIES}.")
        name = request.get("PrefixListName")
        changed = replace(one, name=_named(name) if name else one.name, max_entries=most, state="modify-complete")
        if added or removed:
            self._current(one, request.get("CurrentVersion"))
            entries = _merged(changed, self._entries(one, one.version), added, removed)
            changed = replace(changed, version=one.version + 1)
            self.tables.prefix_list_versions.put(PrefixListVersion(one.id, changed.version, entries))
        elif len(self._entries(one, one.version)) > most:
            raise AwsError("PrefixListMaxEntriesExceeded", f"The prefix list {one.id} has more than {most} entries.")
        self.tables.prefix_lists.put(changed)
        return {"PrefixList": shape(changed, call)}

    @operation("PrefixListId PreviousVersion CurrentVersion", neutral=DRY_RUN)
    def restore_managed_prefix_list_version(
        self, call: Call, request: RestoreManagedPrefixListVersionRequestTypeDef
    ) -> dict[str, Any]:
        """An older version's entries as a new version."""
        one = self._own(request["PrefixListId"])
        self._current(one, request["CurrentVersion"])
        entries = self._version(one, request["PreviousVersion"]).entries
        changed = replace(one, version=one.version + 1, state="restore-complete")
        self.tables.prefix_list_versions.put(PrefixListVersion(one.id, changed.version, entries))
        self.tables.prefix_lists.put(changed)
        return {"PrefixList": shape(changed, call)}

    @operation("PrefixListId", neutral=DRY_RUN)
    def delete_managed_prefix_list(self, call: Call, request: DeleteManagedPrefixListRequestTypeDef) -> dict[str, Any]:
        """While a rule or a route names it, the deletion fails after the call: the list tells so, and stays.

        "Delete prefix lists", Amazon VPC user guide.
        """
        one = self._own(request["PrefixListId"])
        if self.tables.rules.has("prefix-list", one.id) or self.tables.routes.has("prefix-list", one.id):
            failed = replace(one, state=_FAILED)
            self.tables.prefix_lists.put(failed)
            return {"PrefixList": shape(failed, call)}
        for version in self.tables.prefix_list_versions.where("list", one.id):
            self.tables.prefix_list_versions.delete(version_key(one.id, version.version))
        self.tables.prefix_lists.delete(one.id)
        return {"PrefixList": {**shape(one, call), "State": "delete-complete"}}

    @operation("PrefixListIds Filters(Name Values) MaxResults NextToken", neutral=DRY_RUN)
    def describe_managed_prefix_lists(
        self, call: Call, request: DescribeManagedPrefixListsRequestTypeDef
    ) -> dict[str, Any]:
        """The account's lists and AWS's."""
        read: dict[str, Read] = {
            "owner-id": lambda one: one.owner,
            "prefix-list-id": lambda one: one.id,
            "prefix-list-name": lambda one: one.name,
        }
        wanted = Filters[PrefixList](read, lambda one: one.tags, {"prefix-list-name": "name"})
        found = wanted.found(self.documents, PREFIX_LISTS, request.get("PrefixListIds"), request.get("Filters"))
        return page(request, [shape(one, call) for one in found], "PrefixLists")

    @operation("PrefixListId TargetVersion MaxResults NextToken", neutral=DRY_RUN)
    def get_managed_prefix_list_entries(
        self, _call: Call, request: GetManagedPrefixListEntriesRequestTypeDef
    ) -> dict[str, Any]:
        """The newest version's, or another one's. AWS's lists have none here: nothing is at their addresses."""
        one = PREFIX_LISTS.get(self.documents, request["PrefixListId"])
        if one.owner == _AWS:
            return page(request, [], "Entries")
        version = self._version(one, request.get("TargetVersion") or one.version)
        told = [
            {"Cidr": entry.cidr, **({"Description": entry.description} if entry.description else {})}
            for entry in version.entries
        ]
        return page(request, told, "Entries")

    @operation("PrefixListId MaxResults NextToken", neutral=DRY_RUN)
    def get_managed_prefix_list_associations(
        self, call: Call, request: GetManagedPrefixListAssociationsRequestTypeDef
    ) -> dict[str, Any]:
        """The groups and route tables that name it."""
        one, tables = PREFIX_LISTS.get(self.documents, request["PrefixListId"]), self.tables
        groups = [rule.group_id for rule in tables.rules.where("prefix-list", one.id)]
        routes = [route.table_id for route in tables.routes.where("prefix-list", one.id)]
        told = [{"ResourceId": identity, "ResourceOwner": call.account} for identity in dict.fromkeys(groups + routes)]
        return page(request, told, "PrefixListAssociations", least=5)

    @operation("PrefixListIds Filters(Name Values) MaxResults NextToken", neutral=DRY_RUN)
    def describe_prefix_lists(self, _call: Call, request: DescribePrefixListsRequestTypeDef) -> dict[str, Any]:
        """AWS's lists of services that gateway endpoints have."""
        read: dict[str, Read] = {"prefix-list-id": lambda one: one.id, "prefix-list-name": lambda one: one.name}
        found = Filters[PrefixList](read).found(
            self.documents, PREFIX_LISTS, request.get("PrefixListIds"), request.get("Filters")
        )
        told = [{"PrefixListId": one.id, "PrefixListName": one.name, "Cidrs": []} for one in found if one.owner == _AWS]
        return page(request, told, "PrefixLists")

    def _own(self, identity: str) -> PrefixList:
        one = PREFIX_LISTS.get(self.documents, identity)
        if one.owner == _AWS:
            raise AwsError("UnauthorizedOperation", f"The prefix list {identity} is AWS's own: nobody changes it.", 403)
        return one

    def _version(self, one: PrefixList, number: int) -> PrefixListVersion:
        found = self.tables.prefix_list_versions.get(version_key(one.id, number))
        if found is None:
            raise AwsError("InvalidPrefixListVersion.NotFound", f"The prefix list {one.id} has no version {number}.")
        return found

    def _entries(self, one: PrefixList, number: int) -> dict[str, PrefixListEntry]:
        return {entry.cidr: entry for entry in self._version(one, number).entries}

    def _current(self, one: PrefixList, told: int | None) -> None:
        if told is None:
            raise missing("currentVersion")
        if told != one.version:
            raise AwsError(
                "PrefixListVersionMismatch",
                f"The prefix list has the incorrect version number: {one.id} is at version {one.version}.",
            )


def _named(name: str) -> str:
    if not 0 < len(name) <= 255 or name.startswith("com.amazonaws"):
        raise invalid(f"Value ({name}) for parameter prefixListName is invalid. It can't start with com.amazonaws.")
    return name


def _merged(
    one: PrefixList,
    known: Mapping[str, PrefixListEntry],
    added: Iterable[Mapping[str, Any]],
    removed: Iterable[Mapping[str, Any]],
) -> tuple[PrefixListEntry, ...]:
    """The entries after the change; AwsError where one can't be added or removed."""
    version, entries = _FAMILIES[one.family], dict(known)
    gone, new = [*removed], [*added]
    if max(len(gone), len(new)) > _MOST_CHANGES:
        raise invalid(f"At most {_MOST_CHANGES} entries may be in one request.")
    for entry in gone:
        cidr = blocks.rule(entry["Cidr"], version)
        if entries.pop(cidr, None) is None:
            raise invalid(f"The prefix list {one.id} has no entry {cidr}.")
    twice: set[str] = set()
    for entry in new:
        cidr = blocks.rule(entry["Cidr"], version)
        if cidr in twice:
            raise invalid(f"The entry {cidr} stands twice in the request.")
        twice.add(cidr)
        entries[cidr] = PrefixListEntry(cidr, entry.get("Description") or "")
    if len(entries) > one.max_entries:
        raise AwsError(
            "PrefixListMaxEntriesExceeded",
            f"You've reached the maximum number of entries for the prefix list: {one.max_entries}.",
        )
    return tuple(entries.values())


def shape(one: PrefixList, call: Call) -> dict[str, Any]:
    """As DescribeManagedPrefixLists tells it."""
    told: dict[str, Any] = {
        "PrefixListId": one.id,
        "PrefixListName": one.name,
        "PrefixListArn": identifiers.arn("ec2", f"prefix-list/{one.id}", one.owner.lower(), call.region),
        "AddressFamily": one.family,
        "OwnerId": one.owner,
        "State": one.state,
        "Tags": shown_tags(one.tags),
    }
    if one.state == _FAILED:
        told["StateMessage"] = f"The prefix list {one.id} is referenced. Remove the references and delete it again."
    if one.owner != _AWS:
        told |= {"MaxEntries": one.max_entries, "Version": one.version}
    return told
