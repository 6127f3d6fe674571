"""Certificates for the servers that speak TLS."""

import ssl

import pytest
import trustme


@pytest.fixture(scope="session", name="authority")
def _authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session", name="context")
def _context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context
