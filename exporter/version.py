"""Version: which exporter this is, and on what it runs."""

import os
import platform
from collections.abc import Mapping

from exporter import __version__
from exporter.metrics import Sample, health

REVISION_VARIABLE = "PROXY_PROVIDER_EXPORTER_REVISION"
"""The environment variable in which an image says of which commit it was built."""


def revision(environ: Mapping[str, str] = os.environ) -> str:
    """Return the commit that this was built of; empty when that is not known."""
    return environ.get(REVISION_VARIABLE, "")


def version_line(environ: Mapping[str, str] = os.environ) -> str:
    """Return what ``--version`` prints."""
    commit = revision(environ)
    of = f" (revision {commit})" if commit else ""
    return f"proxy-provider-exporter {__version__}{of}, Python {platform.python_version()}"


def build_info(environ: Mapping[str, str] = os.environ) -> Sample:
    """Return the sample that says which build this is."""
    return health.EXPORTER_BUILD_INFO.sample(
        1,
        version=__version__,
        revision=revision(environ),
        pythonversion=platform.python_version(),
    )
