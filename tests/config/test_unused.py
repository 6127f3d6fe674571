"""What a configuration may say, though it looks like a mistake."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from exporter.config import load
from exporter.providers import PROVIDERS

WEBSHARE = {"provider": "webshare", "name": "a", "api_key": "key"}
EVOMI = {"provider": "evomi", "name": "b", "api_key": "key"}


def _price(provider: str, product: str) -> dict[str, object]:
    return {"provider": provider, "product": product, "usd_per_gb": 1}


def warnings(path: Path, accounts: object, *prices: Mapping[str, object]) -> list[str]:
    """Return what is warned of."""
    file = path / "config.yml"
    file.write_text(json.dumps({"accounts": accounts, "prices": prices}))
    file.chmod(0o600)
    return [line.removeprefix(f"{file}: ") for line in load(file, {}, PROVIDERS).warnings]


@pytest.mark.parametrize("product", ["foo", "static_residential", "s3cret"])
def test_product_that_is_not_documented(tmp_path: Path, product: str) -> None:
    """A product whose usage the provider is not documented to tell is named by its place."""
    accounts = [WEBSHARE, {**EVOMI, "products": ["rp", product]}]
    (found,) = warnings(tmp_path, accounts)
    assert found == (
        "accounts[1].products[1]: is no product that evomi is documented to tell the usage of"
        " (there are rp, rpc, mp, sdc, dcp)"
    )


def test_products_that_are_documented(tmp_path: Path) -> None:
    """All that there are, by either name, are no cause for a warning; nor is a price for one."""
    products = ["rp", "rpc", "mp", "dcp"]
    prices = [_price("evomi", one) for one in ("rp", "sdc")]
    assert warnings(tmp_path, [{**EVOMI, "products": products}], *prices) == []
    assert warnings(tmp_path, [EVOMI], *prices) == []


def test_price_of_a_provider_without_accounts(tmp_path: Path) -> None:
    """Such a price is used by nobody."""
    found = warnings(tmp_path, [WEBSHARE], _price("webshare", "any"), _price("evomi", "rp"))
    assert found == [
        "prices[1].provider: has no account here: the price is not used (there are webshare)"
    ]


@pytest.mark.parametrize(
    ("products", "price", "asked"),
    [
        ({"products": ["rp"]}, "rpc", "rp"),
        ({"products": ["dcp"]}, "dcp", "sdc"),
        ({}, "rcp", "rp, rpc, mp, sdc"),
    ],
    ids=["not-asked-for", "other-name", "unknown"],
)
def test_price_of_a_product_that_nobody_asks_for(
    tmp_path: Path, products: dict[str, object], price: str, asked: str
) -> None:
    """A price has to be for a product as its label has it, and one that there is."""
    (found,) = warnings(tmp_path, [{**EVOMI, **products}], _price("evomi", price))
    assert found == (
        "prices[0].product: is none of the products that accounts of evomi are known to ask for"
        f" ({asked})"
    )


def test_price_that_one_account_of_several_needs(tmp_path: Path) -> None:
    """It is enough when one of them asks for the product, a new one too."""
    accounts = [{**EVOMI, "products": ["rp"]}, {**EVOMI, "name": "c", "products": ["new"]}]
    (found,) = warnings(tmp_path, accounts, _price("evomi", "new"), _price("evomi", "rp"))
    assert found.startswith("accounts[1].products[0]: ")
