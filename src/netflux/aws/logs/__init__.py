"""CloudWatch Logs: groups, streams and events on disk."""
