import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import exporter

ROOT = Path(exporter.__file__).parent

FILES = sorted(ROOT.rglob("*.py"))

LAYERS: tuple[set[str], ...] = (
    {"__main__"},
    {"cli"},
    {"demo"},
    {"backfill", "check_config", "daemon", "doctor", "once"},
    {"polling"},
    {"guard", "poller"},
    {"face", "login", "reload", "server", "session", "web_config"},
    {"landing"},
    {"config"},
    {"key_file", "schedule"},
    {"negotiation", "scrape"},
    {"store"},
    {"body", "exposition", "health", "own_samples"},
    {"providers"},
    {"api", "snapshot", "state"},
    {"ledger_samples"},
    {"ledger"},
    {"counter", "window"},
    {"flags", "reading"},
    {"flag", "program", "tls_connection"},
    {"account", "connection", "listen", "metrics_table", "version"},
    {"secret"},
    {"file", "output"},
    {"errors", "hint", "interpreter", "logs", "metrics", "stamp"},
    {"__init__"},
)
"""The modules and packages: each imports from those below it only, not even from its peers."""

DEPTH = {name: depth for depth, names in enumerate(LAYERS) for name in names}

SIMULATOR = "simulator"
"""Stands apart: it imports nothing of the rest."""

MAY_SIMULATE = {"cli", "demo", SIMULATOR}


def _unit(file: Path) -> str:
    return file.relative_to(ROOT).parts[0].removesuffix(".py")


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def _modules(file: Path) -> Iterator[str]:
    """Yield the modules that *file* imports, those within functions too."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _ours(file: Path) -> Iterator[list[str]]:
    """Yield the paths below ``exporter`` that *file* imports, outside of its own unit."""
    for module in _modules(file):
        root, *path = module.split(".")
        if root == "exporter" and path and path[0] != _unit(file):
            yield path


def _imported(file: Path) -> set[str]:
    """Return the units that *file* imports; a name such as ``__version__`` is ``__init__``'s."""
    known = {_unit(one) for one in FILES}
    return {path[0] if path[0] in known else "__init__" for path in _ours(file)}


def test_every_module_has_its_layer() -> None:
    """The table above knows each module, once, and none that is gone."""
    names = [name for layer in LAYERS for name in layer]
    assert sorted(names) == sorted({_unit(file) for file in FILES} - {SIMULATOR})


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_imports_point_down(file: Path) -> None:
    """A module imports from lower layers only."""
    if _unit(file) == SIMULATOR:
        assert _imported(file) == set()
        return
    depth = DEPTH[_unit(file)]
    assert [name for name in _imported(file) - {SIMULATOR} if DEPTH[name] <= depth] == []


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_only_the_demo_knows_the_simulator(file: Path) -> None:
    """What is polled for real never depends on what plays the providers."""
    assert SIMULATOR not in _imported(file) or _unit(file) in MAY_SIMULATE


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_packages_keep_their_insides_to_themselves(file: Path) -> None:
    """No module imports another package's private names."""
    private = [path for path in _ours(file) if any(_is_private(name) for name in path)]
    assert private == []


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_only_the_api_speaks_http(file: Path) -> None:
    """Requests to providers are made by the package ``api`` alone, which imports httpx."""
    roots = {module.partition(".")[0] for module in _modules(file)}
    assert roots.isdisjoint({"httpx", "httpcore"}) or _unit(file) == "api"


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_files_are_short(file: Path) -> None:
    """A file has one noun and stays under 300 lines."""
    assert len(file.read_text("utf-8").splitlines()) < 300
