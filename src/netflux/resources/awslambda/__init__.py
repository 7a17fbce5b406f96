"""Lambda's nouns."""
