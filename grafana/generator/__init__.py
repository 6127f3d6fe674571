"""The dashboards of Grafana, as code: ``python -m grafana.generator`` writes them."""
