"""Commands that poll: the simulator plays their providers, and a configuration leads them there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exporter.simulator import SimulatorServer, World


@contextmanager
def configured(world: World, folder: Path) -> Iterator[str]:
    """Give the flag for a configuration with Evomi's accounts of *world*, which is served."""
    with SimulatorServer(world) as simulator:
        accounts = [
            {
                "provider": one.provider,
                "name": one.name,
                "api_key": one.key,
                "base_url": simulator.url,
            }
            for one in world.accounts
            if one.provider == "evomi"
        ]
        path = folder / "config.yml"
        path.write_text(json.dumps({"accounts": accounts}))
        path.chmod(0o600)
        yield f"--config.file={path}"
