"""Addresses of network interfaces, and the drivers that make them real."""
