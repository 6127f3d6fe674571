import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.backfill._spool import Spool, series_start, timestamp
from exporter.errors import StartError
from exporter.metrics import usage

TRAFFIC = usage.PRODUCT_TRAFFIC_BYTES_TOTAL
REQUESTS = usage.PRODUCT_REQUESTS_TOTAL

EXPECTED = """\
# HELP proxy_provider_product_traffic_bytes Traffic of the plan since counting began, as of the\
 last poll.
# TYPE proxy_provider_product_traffic_bytes counter
proxy_provider_product_traffic_bytes_total{plan="1"} 0 1
proxy_provider_product_traffic_bytes_total{plan="1"} 12 2.005
proxy_provider_product_traffic_bytes_total{plan="2"} 7 1
# HELP proxy_provider_product_requests Requests of the plan since counting began, as of the\
 last poll.
# TYPE proxy_provider_product_requests counter
proxy_provider_product_requests_total{plan="1"} 3 1
# EOF
"""


def fill(spool: Spool) -> None:
    """Write two accounts' series, mixed as they come."""
    one, two = series_start(TRAFFIC, {"plan": "1"}), series_start(TRAFFIC, {"plan": "2"})
    assert spool.write(TRAFFIC, one, [(1000, 0), (2005, 12)]) == 2
    assert spool.write(REQUESTS, series_start(REQUESTS, {"plan": "1"}), [(1000, 3)]) == 1
    assert spool.write(TRAFFIC, two, [(1000, 7)]) == 1


def names(folder: Path) -> list[str]:
    """Return what *folder* holds."""
    return sorted(one.name for one in folder.iterdir())


def hung_up() -> Iterator[tuple[int, int]]:
    """Fail as a pipe does that nobody reads."""
    yield 1000, 0
    raise BrokenPipeError


def test_families_are_whole_whatever_the_order(tmp_path: Path) -> None:
    """Each family is one block, without ``_total`` in its head, and the last line is ``# EOF``."""
    with Spool(tmp_path / "out.om") as spool:
        fill(spool)
        spool.join()
    assert (tmp_path / "out.om").read_text("utf-8") == EXPECTED
    assert names(tmp_path) == ["out.om"]


def test_standard_output(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """The same bytes go to standard output."""
    with Spool(None) as spool:
        fill(spool)
        spool.join()
    assert capsysbinary.readouterr().out == EXPECTED.encode()


def test_broken_run_leaves_what_was_there(tmp_path: Path) -> None:
    """No half file takes the place of a whole one, and nothing is left beside it."""
    path = tmp_path / "out.om"
    path.write_text("before", "utf-8")
    with pytest.raises(BrokenPipeError), Spool(path) as spool:
        spool.write(TRAFFIC, "", hung_up())
    assert (path.read_text("utf-8"), names(tmp_path)) == ("before", ["out.om"])


def test_device_is_written_to() -> None:
    """``/dev/null`` is not replaced by a file."""
    device = Path("/dev/null")
    with Spool(device) as spool:
        fill(spool)
        spool.join()
    assert device.is_char_device()


def test_output_that_cannot_be_had(tmp_path: Path) -> None:
    """A folder that is not there, and one in the place of the file, are errors that name it."""
    with pytest.raises(StartError, match=r"^--output: .*gone/out.om: No such file"):
        Spool(tmp_path / "gone" / "out.om").__enter__()
    with (
        pytest.raises(StartError, match=r"^--output: .*: Is a directory"),
        Spool(tmp_path) as spool,
    ):
        spool.join()


def test_full_disk() -> None:
    """There is no room: the message says so."""
    with (
        pytest.raises(StartError, match=r"^--output: /dev/full: No space left"),
        Spool(Path("/dev/full")) as spool,
    ):
        spool.join()


def test_reader_that_hangs_up_is_no_mistake() -> None:
    """The program as a whole knows what to do then."""
    with pytest.raises(BrokenPipeError), Spool(None) as spool:
        spool.write(TRAFFIC, "", hung_up())


def test_labels_are_escaped() -> None:
    """Quotes, backslashes and line ends of a label cannot end it."""
    assert series_start(TRAFFIC, {"plan": 'a"b\\c\nd', "job": "x"}) == (
        'proxy_provider_product_traffic_bytes_total{plan="a\\"b\\\\c\\nd",job="x"} '
    )


@pytest.mark.parametrize(
    ("at", "text"), [(0, "0"), (1000, "1"), (1001, "1.001"), (1_795_176_000_120, "1795176000.120")]
)
def test_timestamps_are_seconds(at: int, text: str) -> None:
    """To the millisecond, never by way of a float."""
    assert timestamp(at) == text


def test_memory_does_not_grow_with_what_is_written(tmp_path: Path) -> None:
    """Twenty MB of lines need less than one of memory."""
    path = tmp_path / "out.om"
    tracemalloc.start()
    with Spool(path) as spool:
        for number in range(20):
            start = series_start(TRAFFIC, {"plan": str(number), "pad": "x" * 150})
            spool.write(TRAFFIC, start, ((at * 1000, at) for at in range(5000)))
        written = tracemalloc.get_traced_memory()[1]
        spool.join()
    joined = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 20_000_000
    assert written < 1_000_000
    assert joined < 5_000_000
