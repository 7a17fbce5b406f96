"""KMS: keys, their policies and grants, and cryptography with them."""
