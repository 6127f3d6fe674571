"""What a configuration may say, though nothing comes of it: warned of, as it may be a mistake."""

from collections.abc import Iterable, Mapping, Sequence

from exporter.account import Account
from exporter.config._place import Place
from exporter.config._schema import Price
from exporter.providers import Provider


def warn_of_products(account: Account, provider: Provider, place: Place) -> None:
    """Warn of products that *provider* is not documented to tell the usage of."""
    for number, code in enumerate(_configured(account)):
        if code not in provider.products:
            (place / number).warn(
                f"is no product that {provider.name} is documented to tell the usage of"
                f" (there are {', '.join(provider.products)})"
            )


def warn_of_prices(
    prices: Iterable[Price],
    accounts: Sequence[Account],
    providers: Mapping[str, Provider],
    place: Place,
) -> None:
    """Warn of prices that no account needs."""
    there = tuple(dict.fromkeys(account.provider for account in accounts))
    for number, price in enumerate(prices):
        provider = providers[price.provider]
        asked = _asked((one for one in accounts if one.provider == provider.name), provider)
        if provider.name not in there:
            (place / number / "provider").warn(
                f"has no account here: the price is not used (there are {', '.join(there)})"
            )
        elif asked and price.product not in asked:
            (place / number / "product").warn(
                f"is none of the products that accounts of {provider.name} are known to ask for"
                f" ({', '.join(asked)})"
            )


def _asked(accounts: Iterable[Account], provider: Provider) -> tuple[str, ...]:
    """Return the labels of the products that *accounts* ask for; none where they are not known."""
    codes = (code for one in accounts for code in _configured(one) or provider.products)
    return tuple(dict.fromkeys(provider.products.get(code, code) for code in codes))


def _configured(account: Account) -> Sequence[str]:
    return getattr(account.options, "products", None) or ()
