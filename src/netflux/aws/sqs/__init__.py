"""SQS: queues, and waiting for their messages."""
