"""What Grafana needs: dashboards, the code that makes them, and provisioning files."""
