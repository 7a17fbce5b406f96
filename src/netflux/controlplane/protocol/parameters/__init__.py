"""A request's parameters by the service's model: from JSON, CBOR, XML, forms, paths and headers to what boto3 takes.

Whatever is there and is not what the model says is refused (`Malformed`): a number for a text is no text, and a cluster
named by a number is not made as `default`. Absent members stay absent; timestamps are naive and in UTC.
"""
