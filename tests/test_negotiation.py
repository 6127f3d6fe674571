import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.exposition import Format
from exporter.negotiation import accepts_gzip, choose_format

PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1"
    ";q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_3 = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
    ";q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5"
    ",application/openmetrics-text;version=0.0.1;q=0.4"
    ",text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2"
    ",*/*;q=0.1"
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"

OPENMETRICS = [
    PROMETHEUS_2,
    PROMETHEUS_3,
    "application/openmetrics-text",
    "Application/OpenMetrics-Text; Version=1.0.0",
    'application/openmetrics-text; version="1.0.0"; charset=utf-8',
    "application/openmetrics-text;version=2.0.0,application/openmetrics-text;version=1.0.0;q=0.1",
    "text/plain;q=0.5,application/openmetrics-text;q=0.6",
    "application/openmetrics-text,*/*",
    "application/openmetrics-text,text/plain",
    "text/plain;q=0,application/openmetrics-text;q=0.1",
    "*/*;q=0.1,application/openmetrics-text;q=0.2",
    "text/plain;q=nonsense,application/openmetrics-text;q=0.1",
    ",;,application/openmetrics-text;;,",
]

TEXT = [
    "",
    "*/*",
    "text/*",
    BROWSER,
    "text/plain",
    "text/plain;version=0.0.4",
    "text/plain,application/openmetrics-text",
    "text/plain;q=0.6,application/openmetrics-text;q=0.5",
    "text/*;q=0.6,application/openmetrics-text;q=0.5",
    "*/*;q=0.6,application/openmetrics-text;q=0.5",
    "application/openmetrics-text;q=0",
    "application/openmetrics-text;q=0,*/*",
    "application/openmetrics-text;version=2.0.0",
    "application/openmetrics-text;version=0.0.1",
    "application/openmetrics-text;version=",
    "application/openmetrics-text;q=1.5",
    "application/openmetrics-text;q=-1",
    "application/openmetrics-text;q=nan",
    "application/openmetrics-text;q=much",
    "application/json",
    "text/plain;version=1.0.0",
    "application/*",
    "text/plain;q=0.5,*/*",
    "text/plain;q=0,*/*",
    "text/plain;q=0",
    ";;;===,,,q=q;q",
]


@pytest.mark.parametrize("accept", OPENMETRICS)
def test_openmetrics_when_asked_for(accept: str) -> None:
    """OpenMetrics is sent to who asks for a version that we speak, and likes it best."""
    assert choose_format(accept) is Format.OPENMETRICS


@pytest.mark.parametrize("accept", TEXT)
def test_text_otherwise(accept: str) -> None:
    """The text format is sent to all others, and to who accepts nothing that we speak."""
    assert choose_format(accept) is Format.TEXT


@pytest.mark.parametrize(
    "accept_encoding",
    [
        "gzip",
        "GZIP",
        "x-gzip",
        "*",
        "gzip;q=0.1",
        "deflate, gzip;q=1.0, *;q=0.5",
        "gzip, identity;q=0",
        "identity;q=0.5, gzip",
        "identity, gzip",
        "identity;q=0, *",
        "br;q=1.0,gzip;q=0.8,*;q=0.1",
    ],
)
def test_gzip_when_accepted(accept_encoding: str) -> None:
    """A body is compressed for who accepts gzip."""
    assert accepts_gzip(accept_encoding)


@pytest.mark.parametrize(
    "accept_encoding",
    [
        "",
        "identity",
        "br, zstd",
        "gzip;q=0",
        "gzip;q=0, *",
        "*;q=0",
        "identity;q=1, *;q=0",
        "identity;q=0",
        "identity, gzip;q=0.5",
        "gzip;q=yes",
        "gzipped",
    ],
)
def test_no_gzip_otherwise(accept_encoding: str) -> None:
    """A body is left as it is for who refuses gzip, does not name it, or likes it less."""
    assert not accepts_gzip(accept_encoding)


@given(header=st.text() | st.text(alphabet='applictonensmrx/-;,=q.0154* "'))
def test_any_header(header: str) -> None:
    """No header is too odd for an answer."""
    assert choose_format(header) in Format
    assert accepts_gzip(header) in {True, False}
