from exporter.own_samples import own_samples
from exporter.state import MemoryState
from exporter.version import build_info


def test_own_samples() -> None:
    """They tell the build, when the configuration was loaded, and how the state is kept."""
    build, *rest = own_samples(MemoryState(), 1234.5)

    assert build.labels == build_info().labels
    assert [(one.family.name, one.value) for one in rest] == [
        ("proxy_provider_exporter_config_last_reload_successful", 1),
        ("proxy_provider_exporter_config_last_reload_success_timestamp_seconds", 1234.5),
        ("proxy_provider_exporter_state_persistent", 0),
        ("proxy_provider_exporter_state_set_aside", 0),
        ("proxy_provider_exporter_state_commit_failures_total", 0),
    ]
