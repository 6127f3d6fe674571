import re
from pathlib import Path

import pytest

from exporter.cli import program
from tests.deploy.judges import ROOT, altered, verdict

UNIT = ROOT / "deploy" / "systemd" / "proxy-provider-exporter.service"

INSTALLED = "/opt/proxy-provider-exporter/bin/proxy-provider-exporter"

BEST = 2.0
"""The exposure that is allowed at most, of 10."""


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Return the unit, with a program that is there on this machine."""
    return altered(UNIT, tmp_path, INSTALLED, "/bin/true")


def exposure(unit: Path) -> float:
    """Return how much the service could do to its machine, from 0 to 10."""
    _, text = verdict("systemd-analyze", "security", "--offline=true", "--threshold=100", unit)
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", text)
    assert found, text
    return float(found[1])


def test_unit_is_right(unit: Path) -> None:
    """Systemd reads the unit without a word."""
    assert verdict("systemd-analyze", "verify", "--man=no", unit) == (0, "")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("ProtectSystem=strict", "ProtectSytem=strict", "Unknown key 'ProtectSytem'"),
        ("DynamicUser=yes", "DynamicUser=perhaps", "Failed to parse"),
        ("ExecStart=", "ExecStart=bin", "Neither a valid executable name nor an absolute path"),
    ],
    ids=["key", "value", "path"],
)
def test_mistake_is_found(tmp_path: Path, unit: Path, old: str, new: str, said: str) -> None:
    """Systemd finds a mistake in our unit."""
    _, text = verdict("systemd-analyze", "verify", "--man=no", altered(unit, tmp_path, old, new))
    assert said in text


def test_service_is_hardened(unit: Path) -> None:
    """The service can do next to nothing to its machine."""
    assert exposure(unit) <= BEST


def test_lack_of_hardening_is_found(tmp_path: Path, unit: Path) -> None:
    """The judge tells a service that keeps all capabilities, and sees its machine."""
    loose = altered(unit, tmp_path, "CapabilityBoundingSet=\n", "")
    looser = altered(loose, tmp_path, "ProtectSystem=strict\n", "")
    assert exposure(looser) > BEST


def test_flags_are_known() -> None:
    """The unit gives the program flags that it has."""
    known = {option for one in program.params for option in one.opts}
    given = set(re.findall(r"^    (--[a-z.-]+)=", UNIT.read_text("utf-8"), re.MULTILINE))
    assert given
    assert given <= known
