"""The exporter's samples of itself, which end every exposition."""

from collections.abc import Iterator

from exporter.metrics import Sample, health
from exporter.state import State
from exporter.version import build_info


def own_samples(state: State, loaded_at: float) -> Iterator[Sample]:
    """Yield the build, the configuration, loaded at *loaded_at* in Unix seconds, and *state*."""
    yield build_info()
    yield health.EXPORTER_CONFIG_LAST_RELOAD_SUCCESSFUL.sample(1)
    yield health.EXPORTER_CONFIG_LAST_RELOAD_SUCCESS_TIMESTAMP_SECONDS.sample(loaded_at)
    yield health.EXPORTER_STATE_PERSISTENT.sample(state.persistent)
    yield health.EXPORTER_STATE_SET_ASIDE.sample(state.set_aside)
    yield health.EXPORTER_STATE_COMMIT_FAILURES_TOTAL.sample(state.commit_failures)
