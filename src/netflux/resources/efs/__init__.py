"""EFS: its records, and what a client mounts."""
