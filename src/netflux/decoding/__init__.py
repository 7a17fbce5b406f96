"""Bytes that clients sent, made into values within `Limits`: JSON, XML, query strings, CBOR and compressed bodies.

Every decoder works in time that grows with the bytes it may see and in no other way, and answers in one of three ways:
a value, `Malformed` (it is not what it claims to be) or `Exceeded` (it may be, and is more than AWS would take). What a
decoder refused was not understood, and nothing of it is carried out.
"""
