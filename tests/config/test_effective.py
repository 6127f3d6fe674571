from pathlib import Path

from exporter.config import effective, load
from tests.config.fake import PROVIDERS
from tests.config.test_files import CONFIGS, ENVIRON


def test_effective() -> None:
    """The effective configuration has every default, and in place of a key its file or a mask."""
    config = load(CONFIGS / "valid-full.yml", ENVIRON, PROVIDERS)

    expected = (CONFIGS / "effective-full.yml").read_text("utf-8")
    assert expected == effective(config, PROVIDERS).replace(f"{CONFIGS}/", "")


def test_effective_can_be_loaded(tmp_path: Path) -> None:
    """The effective configuration means the same as the one that it was made of."""
    config = load(CONFIGS / "valid-full.yml", ENVIRON, PROVIDERS)
    text = effective(config, PROVIDERS)
    path = tmp_path / "config.yml"
    for key in ("weproxies-key", "prefix-evomi-key"):
        text = text.replace("<secret>", key, 1)
    path.write_text(text)

    again = load(path, {}, PROVIDERS)

    assert config.accounts == again.accounts
    assert effective(config, PROVIDERS) == effective(again, PROVIDERS)
