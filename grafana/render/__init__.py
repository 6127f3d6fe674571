"""Pictures of the dashboards: ``make pictures`` draws the committed ones with Grafana's components.

The data is real: the exporter polls the simulated providers for a week of simulated time, a
Prometheus holds what it showed, and every panel's queries are asked of it as Grafana would.
"""
