"""Peers: servers of others that serve the same bytes from files."""

import gzip
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.child import Child, await_port, free_port, run

NODE_EXPORTER = "prometheus-node-exporter"
NGINX = "nginx"

_NGINX = """\
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  gzip_static on;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  default_type text/plain;
  client_body_temp_path {folder}/a;
  proxy_temp_path {folder}/b;
  fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d;
  scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


def tool(name: str) -> str | None:
    """Return the path of a program; None when it is not installed."""
    return shutil.which(name, path="/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin")


@contextmanager
def node_exporter(program: str, folder: Path) -> Iterator[tuple[Child, int]]:
    """Run node_exporter on the text files in *folder*, with no other collector."""
    port = free_port()
    command = (
        program,
        "--collector.disable-defaults",
        "--collector.textfile",
        f"--collector.textfile.directory={folder}",
        "--web.disable-exporter-metrics",
        f"--web.listen-address=127.0.0.1:{port}",
    )
    with run(*command, log=folder / "log") as child:
        await_port(port)
        yield child, port


@contextmanager
def nginx(program: str, folder: Path) -> Iterator[tuple[Child, int]]:
    """Run nginx on *folder*; what is compressed there already is sent so."""
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port))
    folder.chmod(0o755)  # its worker is another user
    with run(program, "-c", config, "-e", "stderr", log=folder / "log") as child:
        await_port(port)
        yield child, port


def write(folder: Path, body: bytes) -> None:
    """Put *body* where both peers find it."""
    (folder / "metrics.prom").write_bytes(body)
    (folder / "metrics").write_bytes(body)
    (folder / "metrics.gz").write_bytes(gzip.compress(body, 1))
