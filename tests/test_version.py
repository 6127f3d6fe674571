import platform

import pytest

from exporter import __version__
from exporter.version import build_info, version_line


@pytest.mark.parametrize(
    ("environ", "revision", "shown"),
    [({}, "", ""), ({"PROXY_PROVIDER_EXPORTER_REVISION": "abc"}, "abc", " (revision abc)")],
)
def test_version(environ: dict[str, str], revision: str, shown: str) -> None:
    """The version has its revision where that is known, and the Python it runs on."""
    python = platform.python_version()

    expected = f"proxy-provider-exporter {__version__}{shown}, Python {python}"
    assert expected == version_line(environ)
    assert (__version__, revision, python) == build_info(environ).labels
