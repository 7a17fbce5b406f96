"""Secrets Manager: secrets with versions and staging labels, and what AWS refuses of them."""
