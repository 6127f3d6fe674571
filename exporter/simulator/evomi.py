"""Evomi's Public API, as ``docs.evomi.com/public-api`` documents it.

Where the documentation is silent: bucket keys are UTC; buckets without traffic are absent;
``24h`` is the running hour and the 23 before, ``3d`` and ``7d`` today and the days before
(``EvomiAccount.cut_oldest`` chooses the other reading); a product that the account does not hold
is 400; ``sdc`` comes back as ``sdc``; a balance does not fall below 0; static addresses are listed
until they expire.
"""

from datetime import UTC, datetime
from http import HTTPStatus

from exporter.simulator.account import EvomiAccount, Product, StaticPackage
from exporter.simulator.api import Api, Ask, Refusal
from exporter.simulator.times import floor_day, utc_timestamp
from exporter.simulator.traffic import DAY, HOUR, floor_hour
from exporter.simulator.usage import Usage

MB = 10**6
EvomiAsk = Ask[EvomiAccount]
_NAMES = {
    "rp": "Premium Residential",
    "rpc": "Residential",
    "mp": "Mobile",
    "sdc": "Shared Datacenter",
}
# Only Core Residential bills targeting features on top, and shows it.
_SPLIT = "rpc"
_DAYS = {"24h": 1, "3d": 3, "7d": 7}


def public(ask: EvomiAsk) -> dict[str, object]:
    """Answer ``public``: what the account holds, balances and secrets."""
    held = [one for one in ask.account.products if one.line.start <= ask.now]
    products: dict[str, object] = {_public_code(one): _product(ask, one) for one in held}
    packages = [_package(package) for package in ask.account.packages if package.is_held(ask.now)]
    if packages:
        ports = {"http": 3128, "socks5": 3129}
        products["static_residential"] = {"packages": packages, "ports": ports}
    return {"products": products}


def usage(ask: EvomiAsk) -> dict[str, object]:
    """Answer ``public/usage``."""
    product, period = _find_product(ask), _read_period(ask)
    buckets = _buckets(ask, product, period)
    stats = {key: _bucket(product, used) for key, used in buckets.items() if used}
    total_mb = _mb(sum(used.traffic_bytes for used in buckets.values()))
    row = {
        "name": _NAMES[product.line.id],
        "code": product.line.id,
        "totalBandwidth": total_mb,
        "stats": stats,
    }
    return {
        "success": True,
        "data": {"bandwidth": {"products": [row]}, "requests": {}},
        "meta": _meta(ask, product, period, total_mb),
    }


def _find_product(ask: EvomiAsk) -> Product:
    code = ask.params.get("product")
    for product in ask.account.products:
        if product.line.id == code and product.line.start <= ask.now:
            return product
    raise _bad_request("Product is not available" if code in _NAMES else "Invalid product")


def _read_period(ask: EvomiAsk) -> str:
    period = ask.params.get("period", "3d")
    if period not in _DAYS:
        raise _bad_request("Invalid period")
    return period


def _bad_request(message: str) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, _error(message))


def _buckets(ask: EvomiAsk, product: Product, period: str) -> dict[str, Usage]:
    step = HOUR if period == "24h" else DAY
    since = _window_start(ask, period)
    used: dict[str, Usage] = {}
    for start in range(int(since // step) * step, int(ask.now) + 1, step):
        key = f"{datetime.fromtimestamp(start, UTC):%Y-%m-%d %H:%M}"
        used[key] = ask.usage(product.line, max(since, start), start + step)
    return used


def _window_start(ask: EvomiAsk, period: str) -> float:
    if period == "24h":
        return floor_hour(ask.now) - 23 * HOUR
    if ask.account.cut_oldest:
        return ask.now - _DAYS[period] * DAY
    return floor_day(ask.now) - (_DAYS[period] - 1) * DAY


def _bucket(product: Product, used: Usage) -> object:
    total = _mb(used.traffic_bytes)
    if product.line.id != _SPLIT:
        return total
    extra = _mb(used.extra_bytes)
    return {"default": round(total - extra, 2), "extra": extra, "total": total}


def _meta(ask: EvomiAsk, product: Product, period: str, total_mb: float) -> dict[str, object]:
    return {
        "period": period,
        "product": product.line.id,
        "duration": period,
        "granularity": "hour" if period == "24h" else "day",
        "ownership_scope": ask.account.scope,
        "auth_type": ask.account.scope,
        "proxy_username": _username(ask, product),
        "bandwidth_unit": "MB",
        "total_bandwidth_mb": total_mb,
        "total_bandwidth_gb": round(total_mb / 10**3, 5),
        "total_bandwidth_tb": round(total_mb / 10**6, 8),
    }


def _product(ask: EvomiAsk, product: Product) -> dict[str, object]:
    code = _public_code(product)
    used = ask.usage(product.line, product.line.start, ask.now)
    balance_mb = product.bought_mb(ask.now) - used.traffic_bytes / MB
    return {
        "balance_mb": round(max(0.0, balance_mb), 2),
        "username": _username(ask, product),
        "password": f"secret-proxy-password-{code}",
        "endpoint": f"{code}.evomi.example",
        "ports": {"http": 1000, "socks5": 1002},
    }


def _package(package: StaticPackage) -> dict[str, object]:
    countries = [code for code, count in package.countries.items() for _ in range(count)]
    ips = [
        {
            "password": f"secret-static-password-{number}",
            "ipInfo": {"ip": f"203.0.113.{number}", "country": country},
        }
        for number, country in enumerate(countries, start=1)
    ]
    return {"expiryDate": utc_timestamp(package.expires_at), "ips": ips}


def _public_code(product: Product) -> str:
    return "dcp" if product.line.id == "sdc" else product.line.id


def _username(ask: EvomiAsk, product: Product) -> str:
    return f"{ask.account.name}_{product.line.id}_user"


def _mb(traffic_bytes: int) -> float:
    return round(traffic_bytes / MB, 2)


def _error(message: str) -> dict[str, object]:
    return {"success": False, "error": message}


API = Api(
    provider=EvomiAccount.provider,
    account=EvomiAccount,
    prefixes=("/public",),
    credential=lambda headers, query: headers.get("x-apikey") or query.get("apikey"),
    error=_error,
    unauthorized="Invalid API key",
    answers={"/public": public, "/public/usage": usage},
    needs_user_agent=True,
)
