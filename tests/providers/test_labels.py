import pytest

from exporter.providers._labels import country


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("GB", "GB"),
        ("gb", "GB"),
        (" fr ", "FR"),
        ("ZZ", "ZZ"),
        ("", "unknown"),
        (None, "unknown"),
        ("GBR", "unknown"),
        ("G1", "unknown"),
        ("ßß", "unknown"),
    ],
)
def test_country(text: str | None, label: str) -> None:
    """Two letters are a country, in upper case; anything else is unknown."""
    assert country(text) == label
