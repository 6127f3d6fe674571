import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

SECURITY = (ROOT / "SECURITY.md").read_text("utf-8")

LINKS = re.findall(r"\]\(([^)\s]+)\)", SECURITY)


@pytest.mark.parametrize("link", [one for one in LINKS if "://" not in one])
def test_link_within_the_tree_leads_somewhere(link: str) -> None:
    """What SECURITY.md points to is there."""
    assert (ROOT / link).is_file()


def test_links_out_of_the_tree_are_secure() -> None:
    """Whoever follows a link goes by HTTPS."""
    assert [one for one in LINKS if "://" in one and not one.startswith("https://")] == []


@pytest.mark.parametrize("path", ["/metrics", "/config", "/-/reload"])
def test_open_paths_are_told(path: str) -> None:
    """The page says of each path that matters who can reach it."""
    assert f"`{path}`" in SECURITY
