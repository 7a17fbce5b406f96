"""The lifecycle of objects: its rules, what they say of a version, and the passes that carry it out."""
