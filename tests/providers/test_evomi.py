from collections.abc import Iterator

import msgspec
import pytest
import respx

from exporter.errors import (
    AmountError,
    AuthError,
    DeadlineError,
    PayloadError,
    PollError,
    RequestError,
    UnavailableError,
)
from exporter.providers import Report
from exporter.providers.evomi import EVOMI
from exporter.providers.evomi._answers import Product, StaticIp
from exporter.providers.evomi._options import Options
from tests.providers.polling import poll, targets

USAGE = "/public/usage"


@pytest.fixture
def router() -> Iterator[respx.MockRouter]:
    """Stand in for the provider."""
    with respx.mock(base_url=EVOMI.base_url) as mocked:
        yield mocked


def usage(stats: object, *, total: float | None = None, **about: object) -> dict[str, object]:
    """Return an answer with one product."""
    return {
        "success": True,
        "data": {"bandwidth": {"products": [{"totalBandwidth": total, "stats": stats}]}},
        "meta": about,
    }


def poll_core(router: respx.MockRouter, answer: object) -> Report:
    """Return the report when Core Residential is answered with *answer*."""
    router.get(USAGE).respond(json=answer)
    return poll(EVOMI, "usage", options={"products": ["rpc"]})


@pytest.mark.parametrize(
    ("collector", "options", "expected"),
    [
        ("balance", {}, ["/public"]),
        (
            "usage",
            {},
            ["/public", f"{USAGE}?period=7d&product=mp", f"{USAGE}?period=7d&product=sdc"],
        ),
        (
            "usage",
            {"products": ["dcp", "rp", "sdc"], "periods": ["24h", "3d", "24h"]},
            [
                f"{USAGE}?period={period}&product={product}"
                for product in ("rp", "sdc")
                for period in ("24h", "3d", "7d")
            ],
        ),
    ],
    ids=["balance", "products of the account", "products of the configuration"],
)
def test_requests_of_collector(
    router: respx.MockRouter, collector: str, options: dict[str, object], expected: list[str]
) -> None:
    """A collector asks for exactly what is documented, once, by GET, signed in the header alone."""
    codes = ("mp", "dcp", "sdc", "static_residential", "")
    router.route().respond(json={**usage({}), "products": dict.fromkeys(codes)})
    poll(EVOMI, collector, options=options)
    assert sorted(targets(router)) == sorted(expected)
    requests = [call.request for call in router.calls]
    assert {"GET"} == {request.method for request in requests}
    assert {"test-key"} == {request.headers["x-apikey"] for request in requests}


@pytest.mark.parametrize("collector", ["usage", "balance"])
def test_success_false_of_public_is_a_failure(router: respx.MockRouter, collector: str) -> None:
    """200 with success: false is a failed poll, never an empty answer."""
    router.get().respond(json={"success": False, "error": "no"})
    with pytest.raises(PayloadError, match=r"^GET /public: the provider says success: false$"):
        poll(EVOMI, collector)


def test_fault_of_public_fails_the_poll(router: respx.MockRouter) -> None:
    """A provider that cannot list the products for now is no reason to guess them."""
    router.get("/public").respond(500)
    with pytest.raises(UnavailableError):
        poll(EVOMI, "usage")
    assert len(router.calls) == 3


@pytest.mark.parametrize("products", [{}, []])
def test_account_without_products(router: respx.MockRouter, products: object) -> None:
    """An account that holds nothing has nothing to be asked for, and that is no failure."""
    router.get("/public").respond(json={"products": products})
    report = poll(EVOMI, "usage")
    assert report.parts == {"": ()}
    assert report.failures == {}
    assert targets(router) == ["/public"]


def test_products_without_usage(router: respx.MockRouter) -> None:
    """Where the configuration names none that has usage, the key is tried all the same."""
    router.get("/public").respond(401)
    with pytest.raises(AuthError):
        poll(EVOMI, "usage", options={"products": ["static_residential"]})
    assert targets(router) == ["/public"]


def test_public_without_products(router: respx.MockRouter) -> None:
    """When the provider does not list products, those that are known are tried."""
    router.get("/public").respond(json={"success": True})
    router.get(USAGE).respond(json=usage({}))
    assert list(poll(EVOMI, "usage").parts) == ["rp", "rpc", "mp", "sdc", ""]


def test_all_guesses_refused(router: respx.MockRouter) -> None:
    """When no guess is held, the poll fails as the last one did."""
    router.get("/public").respond(404)
    router.get(USAGE).respond(400)
    with pytest.raises(RequestError, match="the provider answered 400"):
        poll(EVOMI, "usage")


def test_guess_that_fails_otherwise(router: respx.MockRouter) -> None:
    """A guess that fails with anything but 400 is a failed part."""
    router.get("/public").respond(405)
    router.get(USAGE, params={"product": "rp"}).respond(408)
    router.get(USAGE, params={"product": "mp"}).respond(json=usage({}))
    router.get(USAGE).respond(400)
    report = poll(EVOMI, "usage")
    assert {"rp": DeadlineError} == {one: type(error) for one, error in report.failures.items()}
    assert report.statement is not None
    assert {"rp"} == report.statement.failed


@pytest.mark.parametrize(
    ("product", "status", "requests"),
    [("rpc", 400, 1), ("sdc", 400, 2), ("sdc", 422, 1), ("sdc", 403, 1)],
)
def test_product_that_is_refused(
    router: respx.MockRouter, product: str, status: int, requests: int
) -> None:
    """A configured product that is refused is a failed part; on 400 alone sdc is asked as dcp."""
    router.get(USAGE, params={"product": "mp"}).respond(json=usage({}))
    router.get(USAGE).respond(status)
    report = poll(EVOMI, "usage", options={"products": ["mp", product]})
    assert [product] == list(report.failures)
    assert 1 + requests == len(router.calls)


def test_no_product_is_answered(router: respx.MockRouter) -> None:
    """That is a failed poll, for the first reason that is more than a refusal."""
    router.get(USAGE, params={"product": "rp"}).respond(403)
    router.get(USAGE, params={"product": "mp"}).respond(413)
    router.get(USAGE, params={"product": "rpc"}).respond(418)
    with pytest.raises(RequestError, match="the provider answered 413"):
        poll(EVOMI, "usage", options={"products": ["rp", "mp", "rpc"]})


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"success": False}, f"GET {USAGE}: the provider says success: false"),
        ({}, f"GET {USAGE} $.data: the answer has no data"),
        ({"data": None}, f"GET {USAGE} $.data: the answer has no data"),
        ({"data": {}}, f"GET {USAGE} $.data.bandwidth: the answer has no bandwidth"),
        (
            {"data": {"bandwidth": None}},
            f"GET {USAGE} $.data.bandwidth: the answer has no bandwidth",
        ),
        (usage({}, bandwidth_unit="GB"), f"GET {USAGE} $.meta.bandwidth_unit: the unit is not MB"),
        (
            usage({"2026-11-20 00:00": 1}, granularity="hour"),
            f"GET {USAGE} $.meta.granularity: the buckets are not days",
        ),
        *(
            (
                usage({key: 1}),
                f"GET {USAGE} $.data.bandwidth.products[...].stats: a key is not YYYY-MM-DD HH:MM",
            )
            for key in ("2026-11-20T00:00", "2026-11-31 00:00", "2026-11-2 00:00", "")
        ),
        (
            usage({}, total_bandwidth_mb=1e10),
            f"GET {USAGE} $.meta.total_bandwidth_mb: expected float <= 9007199254.740992",
        ),
    ],
)
def test_usage_payload_that_does_not_fit(
    router: respx.MockRouter, answer: object, message: str
) -> None:
    """An answer that cannot be true fails its product, and the message names the path only."""
    with pytest.raises(PayloadError) as caught:
        poll_core(router, answer)
    assert message == str(caught.value)


@pytest.mark.parametrize(
    ("value", "path"), [(-1, "stats[...]"), ({"extra": -1}, "stats[...].extra")]
)
def test_negative_traffic_fails_the_poll(
    router: respx.MockRouter, value: object, path: str
) -> None:
    """Nothing is believed of a poll in which one product has a negative amount."""
    with pytest.raises(AmountError) as caught:
        poll_core(router, usage({"2026-11-20 00:00": value}))
    expected = f"GET {USAGE} $.data.bandwidth.products[0].{path}: expected float >= 0.0"
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("answer", "traffic"),
    [
        (usage({}, total=300.0), 300_000_000),
        (usage({}, total=300.0, total_bandwidth_mb=300.5), 300_500_000),
        (usage([], total_bandwidth_mb=3), 3_000_000),
        (usage(None, total_bandwidth_mb=3), 3_000_000),
    ],
)
def test_total_without_buckets(router: respx.MockRouter, answer: object, traffic: int) -> None:
    """A total alone is shown; the ledger, which counts buckets, has not read its product."""
    report = poll_core(router, answer)
    assert not report.failures
    shown = [one.value for one in report.parts["rpc"]]
    assert shown == [traffic]
    assert report.statement is not None
    assert report.statement.scopes == ()
    assert report.statement.failed == {"rpc"}


def test_negative_balance_is_a_failure(router: respx.MockRouter) -> None:
    """A negative amount fails the poll, and the message names the path only."""
    router.get("/public").respond(json={"products": {"rp": {"balance_mb": -5}}})
    with pytest.raises(PollError) as caught:
        poll(EVOMI, "balance")
    assert str(caught.value) == "GET /public $.products[...].balance_mb: expected float >= 0.0"


@pytest.mark.parametrize("answer", [{}, {"products": None}], ids=["missing", "null"])
def test_balance_without_products(router: respx.MockRouter, answer: object) -> None:
    """An answer without products is none: it would take every balance off the page."""
    router.get("/public").respond(json=answer)
    with pytest.raises(
        PayloadError, match=r"^GET /public \$\.products: the answer has no products$"
    ):
        poll(EVOMI, "balance")


def test_product_of_another_code(router: respx.MockRouter) -> None:
    """The entry that has the code asked for counts; when none has, the first one."""
    days = ("mp", {"2026-11-20 00:00": 1}), ("rpc", {"2026-11-20 00:00": 2})
    entries = [{"code": code, "stats": stats} for code, stats in days]
    router.get(USAGE).respond(json={"data": {"bandwidth": {"products": entries}}})
    report = poll(EVOMI, "usage", options={"products": ["rpc", "sdc"]})
    assert {
        part: [sample.value for sample in samples] for part, samples in report.parts.items()
    } == {"rpc": [2e6], "sdc": [1e6], "": [3e6]}


def test_total_without_hours(router: respx.MockRouter) -> None:
    """A period that does not feed the ledger may state its total alone."""
    router.get(USAGE, params={"period": "7d"}).respond(json=usage({"2026-11-20 00:00": 5}))
    router.get(USAGE, params={"period": "24h"}).respond(json=usage({}, total=5))
    report = poll(EVOMI, "usage", options={"products": ["rpc"], "periods": ["24h"]})
    assert report.failures == {}
    assert [sample.value for sample in report.parts["rpc"]] == [5e6]


def test_passwords_are_not_held() -> None:
    """No field of the decoded products holds a password."""
    assert Product.__struct_fields__ == ("balance_mb", "packages")
    assert StaticIp.__struct_fields__ == ("ip_info",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"periods": ["month"]}, r"\$\.periods\[0\]"),
        ({"products": []}, r"length >= 1 - at `\$\.products`"),
        ({"products": ["rp", "RPC"]}, r"matching regex .* - at `\$\.products\[1\]`"),
        ({"products": ["rpc\n"]}, "matching regex"),
        ({"plans": []}, "plans"),
    ],
)
def test_options_that_are_refused(options: object, message: str) -> None:
    """A period, product or option that the provider cannot have is a mistake that is named."""
    with pytest.raises(msgspec.ValidationError, match=message):
        msgspec.convert(options, Options)
