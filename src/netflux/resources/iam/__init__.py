"""IAM: users, groups, roles, policies, instance profiles, credentials, identity providers and what the account has.

An identity (user, group, role) holds what belongs to it alone: its inline policies, the ARNs of the managed policies
that are attached to it, its boundary. Records are keyed by IAM's unique ids, since names change (UpdateUser); names are
found without regard to case, because they are unique so ("IAM and AWS STS quotas", IAM User Guide).
"""
