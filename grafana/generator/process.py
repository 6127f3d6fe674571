"""Process: what the exporter itself costs, as the last row of its dashboard."""

from exporter.metrics import health
from grafana.generator import colours, thresholds, units
from grafana.generator.board import Band, Line
from grafana.generator.panels import Text, graph
from grafana.generator.queries import OVER_RANGE, of_target
from grafana.generator.tables import Column, rows
from grafana.generator.targets import lines


def band() -> Band:
    """Return the row."""
    cpu = graph(
        Text(
            "CPU",
            "Share of one core that each exporter uses. Good is a few percent; more is many"
            " accounts on short intervals.",
        ),
        lines(
            f"sum by (instance) (rate({of_target('process_cpu_seconds_total')}[$__rate_interval]))",
            "{{instance}}",
        ),
        unit=units.RATIO,
    )
    memory = graph(
        Text(
            "Memory",
            "Memory of each exporter's process. Good is level after the first hour; a steady rise"
            " is a leak and worth a report.",
        ),
        lines(f"max by (instance) ({of_target('process_resident_memory_bytes')})", "{{instance}}"),
        unit=units.BYTES,
    )
    scrape = graph(
        Text(
            "Duration of scrapes",
            "How long Prometheus needs for a scrape. Good is far below a second: the exporter only"
            " hands out what it has. A rise is the network or an overloaded machine.",
        ),
        lines(f"max by (instance) ({of_target('scrape_duration_seconds')})", "{{instance}}"),
        unit=units.SECONDS,
    )
    table = rows(
        Text(
            "Exporters",
            "Every exporter: its version, how long it runs, and how much it serves. Commits that"
            " failed mean a full or broken disk: counters stand still until there is room. A state"
            " that was set aside was broken at the start: counters began at 0.",
        ),
        {"job": "Job", "instance": "Instance", "version": "Version", "pythonversion": "Python"},
        [
            Column(
                "",
                "max by (job, instance, version, pythonversion)"
                f" ({of_target(health.EXPORTER_BUILD_INFO.name)})",
            ),
            Column(
                "Runs for",
                f"max by (job, instance) (time() - {of_target('process_start_time_seconds')})",
                units.SECONDS,
            ),
            Column("Samples", f"max by (job, instance) ({of_target('scrape_samples_scraped')})"),
            Column("Open files", f"max by (job, instance) ({of_target('process_open_fds')})"),
            Column(
                "Commits failed",
                "max by (job, instance) (increase("
                f"{of_target(health.EXPORTER_STATE_COMMIT_FAILURES_TOTAL.name)}[{OVER_RANGE}]))",
                steps=thresholds.NONE_IS_GOOD,
            ),
            Column(
                "State set aside",
                f"max by (job, instance) ({of_target(health.EXPORTER_STATE_SET_ASIDE.name)})",
                names={0: ("no", colours.GOOD), 1: ("yes", colours.BAD)},
            ),
        ],
        sort_by="Job",
        descending=False,
    )
    return Band("Process", [Line(7, (8, 8, 8), (cpu, memory, scrape)), Line(5, (24,), (table,))])
