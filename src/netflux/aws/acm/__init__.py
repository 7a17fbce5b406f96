"""ACM: certificates, imported ones and those that a CNAME in a hosted zone validates."""
