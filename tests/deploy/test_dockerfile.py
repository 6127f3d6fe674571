import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.deploy import wheel
from tests.deploy.judges import ROOT, altered, verdict
from tests.sockets import closed_port

DOCKERFILE = ROOT / "Dockerfile"

PORT = "127.0.0.1:10190"


def words(instruction: str) -> list[str]:
    """Return the words of an instruction that is given as a list, so that no shell is needed."""
    found = re.search(rf"^{instruction} (\[.*\])$", text(), re.MULTILINE)
    assert found
    listed: list[str] = json.loads(found[1])
    return listed


def text() -> str:
    """Return the whole Dockerfile."""
    return DOCKERFILE.read_text("utf-8")


def test_dockerfile_is_right() -> None:
    """Hadolint finds nothing in the Dockerfile."""
    assert verdict("hadolint", DOCKERFILE) == (0, "")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("python:3.13-slim-trixie", "python", "DL3006"),
        ("--no-cache-dir", "", "DL3042"),
        ('ENTRYPOINT ["/usr/bin/python3", "-m", "exporter"]', "ENTRYPOINT python3", "DL3025"),
    ],
    ids=["tag", "cache", "shell"],
)
def test_mistake_is_found(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Hadolint finds a mistake in our Dockerfile."""
    code, found = verdict("hadolint", altered(DOCKERFILE, tmp_path, old, new))
    assert code == 1
    assert said in found


def test_image_runs_the_program_as_nobody_without_a_shell() -> None:
    """The last stage runs nothing while it is built, and starts the program as a numeric user."""
    last = text().rpartition("\nFROM ")[2]
    assert "\nRUN " not in last
    assert "\nUSER 65532:65532\n" in last
    assert words("ENTRYPOINT") == ["/usr/bin/python3", "-m", "exporter"]
    assert words("CMD") == ["--storage.path=/var/lib/proxy-provider-exporter/state.db"]
    assert "\nVOLUME /var/lib/proxy-provider-exporter\n" in last


def test_context_is_what_the_build_copies() -> None:
    """Nothing goes to the builder but what the Dockerfile copies: no key, no state, no history."""
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", text(), re.MULTILINE)
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert ignored[0] == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == set(" ".join(copied).split())


def test_health_check_tells_whether_the_exporter_answers(python: Path, tmp_path: Path) -> None:
    """The image's health check succeeds while the exporter serves, and fails when nothing does."""
    with wheel.demo(python, tmp_path / "log") as address:
        assert check(python, address) == 0
    assert check(python, f"127.0.0.1:{closed_port()}") == 1


def check(python: Path, address: str) -> int:
    """Run the image's health check against *address*, and return its exit code."""
    interpreter, flag, code = words(r"HEALTHCHECK .*\\\n +CMD")
    assert (interpreter, flag) == ("/usr/bin/python3", "-c")
    assert PORT in code
    command = [str(python), flag, code.replace(PORT, address)]
    return subprocess.run(command, capture_output=True, check=False).returncode  # noqa: S603
