"""The exporter's samples of itself, which end every exposition."""

from collections.abc import Iterator

from exporter.metrics import Sample, health
from exporter.state import State
from exporter.version import build_info


def own_samples(state: State, loaded_at: float, *, reloaded: bool = True) -> Iterator[Sample]:
    """Yield the build, the configuration and *state*.

    *loaded_at* is when the configuration that holds was loaded, in Unix seconds; *reloaded* tells
    whether the last attempt to load one succeeded.
    """
    yield build_info()
    yield health.EXPORTER_CONFIG_LAST_RELOAD_SUCCESSFUL.sample(reloaded)
    yield health.EXPORTER_CONFIG_LAST_RELOAD_SUCCESS_TIMESTAMP_SECONDS.sample(loaded_at)
    yield health.EXPORTER_STATE_PERSISTENT.sample(state.persistent)
    yield health.EXPORTER_STATE_SET_ASIDE.sample(state.set_aside)
    yield health.EXPORTER_STATE_COMMIT_FAILURES_TOTAL.sample(state.commit_failures)
