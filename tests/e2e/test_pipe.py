import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.e2e.programs import exporter, until

CONFIG = (
    "accounts: [{provider: webshare, name: main, api_key: key, base_url: 'http://127.0.0.1:9'}]"
)


def test_configuration_from_a_pipe_is_read_once(tmp_path: Path) -> None:
    """A pipe will do to start from; a reload does not wait for it, nor does the end."""
    pipe, log = tmp_path / "pipe", tmp_path / "log"
    os.mkfifo(pipe, 0o600)
    with ThreadPoolExecutor() as other:
        other.submit(pipe.write_text, CONFIG, "utf-8")
        with exporter(pipe, log=log) as (child, _):
            child.send_signal(signal.SIGHUP)
            until(lambda: "is a pipe; give the path of a file" in log.read_text("utf-8"), "refused")
    assert child.returncode == 0
