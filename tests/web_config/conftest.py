"""The folder of the tests that do not make their own."""

from pathlib import Path

import pytest

from tests.web_config.stage import Folder


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Folder:
    """Give a folder whose web configuration asks for TLS, with a certificate for this host."""
    folder = Folder(tmp_path)
    folder.serve_tls()
    return folder
