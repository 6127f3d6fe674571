"""All dashboards."""

from grafana.generator import exporter, overview, provider, quota

BOARDS = (overview.board(), provider.board(), quota.board(), exporter.board())
