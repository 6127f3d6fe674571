"""The web configuration: TLS and users of the HTTP server.

The file is that of Prometheus' exporter-toolkit (its ``docs/web-configuration.md``). What Python's
``ssl`` or our server cannot do is refused by name: no port is ever more open than the file says.
"""

from exporter.web_config._file import WebConfigFile
from exporter.web_config._web_config import WebConfig

__all__ = ["WebConfig", "WebConfigFile"]
