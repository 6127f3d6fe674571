"""The dashboards as files: their form, their queries, and the code that makes them."""
