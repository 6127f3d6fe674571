"""Bytes of the units in which providers state traffic."""

GIB = 2**30
"""What Webshare and WeProxies call a GB."""

MB = 10**6
"""What Evomi calls a MB."""
