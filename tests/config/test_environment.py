from pathlib import Path

import pytest

from exporter.account import Account
from exporter.config import load
from exporter.errors import UsageError
from exporter.secret import Credential, Secret
from tests.config.fake import PROVIDERS, Products

NO_ACCOUNT = (
    "no account is configured: give a file with --config.file, or set the environment"
    " variable WEBSHARE_API_KEY or WEPROXIES_API_TOKEN or EVOMI_API_KEY (each also as"
    " ..._FILE); to see the exporter without a key, run `proxy-provider-exporter demo`"
)
NO_FILE = "there is no such file (a relative path begins in the working directory)"


def test_variables_make_accounts(tmp_path: Path) -> None:
    """Without a file, every key that is set makes an account called default."""
    file = tmp_path / "token"
    file.write_text("from-file\n")
    file.chmod(0o600)
    environ = {
        "EVOMI_API_KEY": "abc",
        "EVOMI_BASE_URL": "http://localhost:1/",
        "WEBSHARE_BASE_URL": "http://localhost:2",
        "WEPROXIES_API_TOKEN_FILE": str(file),
    }

    config = load(None, environ, PROVIDERS)

    weproxies, evomi = config.accounts
    assert Credential(Secret("from-file"), file) == weproxies.credential
    assert weproxies.base_url == "https://api.weproxies.example"
    assert evomi == Account(
        provider="evomi",
        name="default",
        credential=Credential(Secret("abc")),
        base_url="http://localhost:1",
        intervals={"usage": 300, "balance": 300},
        options=Products(),
    )


def test_key_file_that_others_can_read(tmp_path: Path) -> None:
    """A key file that a variable names is warned of, too."""
    file = tmp_path / "token"
    file.write_text("abc")
    file.chmod(0o644)

    config = load(None, {"EVOMI_API_KEY_FILE": str(file)}, PROVIDERS)

    warning = (
        f"EVOMI_API_KEY_FILE: {file}: its mode 0644 lets others read the key:"
        " chmod 600, unless its folder is closed to them"
    )
    assert (warning,) == config.warnings


@pytest.mark.parametrize(
    ("environ", "mistakes"),
    [
        pytest.param(
            {},
            (NO_ACCOUNT,),
            id="none",
        ),
        pytest.param(
            {
                "EVOMI_API_KEY": "abc",
                "EVOMI_API_KEY_FILE": "/none",
                "WEBSHARE_API_KEY": "",
                "WEBSHARE_BASE_URL": "localhost",
            },
            (
                "WEBSHARE_API_KEY: the key is empty",
                "WEBSHARE_BASE_URL: has to begin with https:// or http://",
                "EVOMI_API_KEY: is set together with EVOMI_API_KEY_FILE: keep one",
            ),
            id="all-at-once",
        ),
        pytest.param(
            {"EVOMI_API_KEY_FILE": "none"},
            (f"EVOMI_API_KEY_FILE: {NO_FILE}",),
            id="no file",
        ),
    ],
)
def test_mistakes(environ: dict[str, str], mistakes: tuple[str, ...]) -> None:
    """Mistakes begin with the variable, and come all at once."""
    with pytest.raises(UsageError) as caught:
        load(None, environ, PROVIDERS)

    assert mistakes == caught.value.mistakes
