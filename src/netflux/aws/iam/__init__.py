"""IAM: who there is, and what each may do. Its records are in resources/iam; whether they allow a call is decided
elsewhere.
"""
