"""Drivers that run a container: as a process, or by an engine."""
