import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.config import effective, load
from exporter.config._place import Notes, Place
from exporter.config._yaml import parse_yaml
from exporter.errors import UsageError
from tests.config.fake import PROVIDERS

KEY = "S3CR3T"
BEGINNINGS = ("", "*", "&", "!", "!a!", "@", "%", "`", "'", '"', "{", "[", "|", ">", "? ", "- ")
ENDINGS = ("", "'", '"', "}", "]", ": ", " #", "\n  ", "\\q", '\\"', "!b", "'x")


@pytest.mark.parametrize("separator", [": ", ":", " ", "= "])
@pytest.mark.parametrize("form", ["block", "flow"])
def test_broken_yaml_hides_the_key(tmp_path: Path, separator: str, form: str) -> None:
    """However the line of the key is broken, no message shows what is on it."""
    path = tmp_path / "config.yml"
    for before, after in itertools.product(BEGINNINGS, ENDINGS):
        line = f"api_key{separator}{before}{KEY}{after}"
        block = f"accounts:\n  - provider: webshare\n    name: main\n    {line}\n    x: y\n"
        path.write_text(block if form == "block" else f"accounts: [{{name: main, {line}}}]\n")

        with pytest.raises(UsageError) as caught:
            load(path, {}, PROVIDERS)

        assert KEY not in str(caught.value)
        assert all("\n" not in line for line in caught.value.mistakes)


@pytest.mark.parametrize("key", ["sk_live_4f9a8b7c", "abcDEF", "a-b", "4711", "x" * 25, "x:y", ""])
@pytest.mark.parametrize(
    "text",
    [
        "? {key}\n: 1\n",
        "? {key}\n: 1\n? {key}\n: {{a: 1, a: 2}}\n",
        "accounts: [{{provider: webshare, name: a, api_key: b, ? {key} : c}}]\n",
        "accounts: [{{provider: webshare, name: a, api_key: b, intervals: {{? {key} : 5m}}}}]\n",
        "prices: [{{provider: evomi, product: rp, usd_per_gb: 1, ? {key} : 2}}]\n",
    ],
    ids=["top", "twice", "account", "intervals", "price"],
)
def test_keys_that_may_be_secrets_are_hidden(tmp_path: Path, text: str, key: str) -> None:
    """A key that looks like no word of a configuration is not shown, wherever it stands."""
    path = tmp_path / "config.yml"
    path.write_text(text.format(key=f'"{key}"'))

    with pytest.raises(UsageError, match="not shown, as it may be a secret") as caught:
        load(path, {}, PROVIDERS)

    assert not key or key not in str(caught.value).replace(str(path), "")


@pytest.mark.parametrize("key", ["api_keey", "telemetry_path", "x" * 24])
def test_keys_that_are_words_are_shown(tmp_path: Path, key: str) -> None:
    """A key that is mistyped, or stands in the wrong place, is named."""
    path = tmp_path / "config.yml"
    path.write_text(f"{key}: 1\n")

    with pytest.raises(UsageError, match=f": {key}: is not known here"):
        load(path, {}, PROVIDERS)


def test_effective_hides_the_key() -> None:
    """The effective configuration masks a key."""
    config = load(None, {"EVOMI_API_KEY": KEY}, PROVIDERS)

    assert KEY not in effective(config, PROVIDERS) + repr(config)


@given(st.text())
def test_any_text(text: str) -> None:
    """No text makes the reader of YAML raise."""
    notes = Notes()

    parse_yaml(text, Place(notes, "file"))

    assert all(line.startswith("file: ") for line in notes.mistakes)


def test_recursion_of_aliases(tmp_path: Path) -> None:
    """A value that holds itself is a mistake like any other."""
    path = tmp_path / "config.yml"
    path.write_text("accounts: &a [*a]\nprices: &b [{provider: *b}]\n")

    with pytest.raises(UsageError, match=r"accounts\[0\]: expected a mapping"):
        load(path, {}, PROVIDERS)
