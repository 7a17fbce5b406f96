"""IAM policy documents: read, evaluated, judged for being public. Pure."""
