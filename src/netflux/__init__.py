"""Netflux: a local cloud that runs CloudFormation templates on one machine, for real."""

__version__ = "0.1.0"
