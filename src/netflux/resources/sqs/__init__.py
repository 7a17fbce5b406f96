"""Queues and their messages: for SQS, and for services that put messages into queues."""
