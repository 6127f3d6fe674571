"""Api: the mock as a process, with a certificate that its clients can be told to trust."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.child import python, run
from benchmarks.peers import tool

_CERTIFICATE = (
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    " -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
)


@dataclass(frozen=True, slots=True)
class Mock:
    """Where the mock is, and the environment in which its certificate is trusted."""

    url: str
    environ: Mapping[str, str]


@contextmanager
def mock(folder: Path, *, seconds: float) -> Iterator[Mock]:
    """Run the mock, which takes so many *seconds* for an answer."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    program = tool("openssl")
    if program is None:
        raise RuntimeError("openssl is not installed")
    files = ("-out", certificate, "-keyout", key)
    subprocess.run((program, *_CERTIFICATE.split(), *files), check=True, capture_output=True)  # noqa: S603 - our own arguments
    with run(*python("mock", certificate, key, seconds), log=folder / "mock.log") as child:
        yield Mock(f"https://127.0.0.1:{child.hear()}", {"SSL_CERT_FILE": str(certificate)})
