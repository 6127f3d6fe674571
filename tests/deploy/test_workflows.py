import re
from pathlib import Path

import pytest

from tests.deploy.judges import ROOT, altered, verdict

FOLDER = ROOT / ".github" / "workflows"

WORKFLOWS = sorted(FOLDER.glob("*.yml"))


def test_workflows_are_right() -> None:
    """Actionlint finds nothing in any workflow."""
    assert [one.name for one in WORKFLOWS] == ["ci.yml", "release.yml"]
    assert verdict("actionlint", "-shellcheck=", *WORKFLOWS) == (0, "")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("runs-on: ubuntu-24.04", "runs-on: ubuntu-2404", 'label "ubuntu-2404" is unknown'),
        ("steps.build.outputs", "steps.bild.outputs", '"bild" is not defined'),
        ("timeout-minutes", "timeout-minute", 'unexpected key "timeout-minute"'),
    ],
    ids=["runner", "step", "key"],
)
def test_mistake_is_found(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Actionlint finds a mistake in a workflow of ours."""
    code, text = verdict(
        "actionlint", "-shellcheck=", altered(FOLDER / "release.yml", tmp_path, old, new)
    )
    assert code == 1
    assert said in text


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=[one.stem for one in WORKFLOWS])
def test_actions_are_pinned(workflow: Path) -> None:
    """Every action is pinned by commit, with its version beside it, and the same one everywhere."""
    used = re.findall(r"uses: (.*)", workflow.read_text("utf-8"))
    assert used
    for one in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one)
    everywhere = "".join(file.read_text("utf-8") for file in WORKFLOWS)
    for action in {one.partition("@")[0] for one in used}:
        assert len(set(re.findall(rf"{action}@(\w+)", everywhere))) == 1


def test_rights_are_few() -> None:
    """A workflow may read, and only single jobs may more."""
    for workflow in WORKFLOWS:
        assert "\npermissions:\n  contents: read\n\n" in workflow.read_text("utf-8")


def test_updates_are_right() -> None:
    """What keeps the pins fresh fits its schema, and looks into folders that are there."""
    file = ROOT / ".github" / "dependabot.yml"
    code, said = verdict("check-jsonschema", "--builtin-schema=vendor.dependabot", file)
    assert code == 0, said
    for folder in re.findall(r"directory: /(.*)", file.read_text("utf-8")):
        assert (ROOT / folder).is_dir()
