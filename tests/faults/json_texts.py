"""JSON as hypothesis makes it: texts of any shape, and texts of the shape of a type.

Texts, not values: so they can hold what no value can, such as a key twice, ``NaN``, or half of a
surrogate pair.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType

from hypothesis import strategies as st
from msgspec import inspect

NUMBERS = ("7", "2.5", "1000", "1e3", '"12"', '"0.5"', "123456789012", "0.1", "100", "0")

ODD_NUMBERS = ("-0", "-0.0", "1e-300", "5e-324", "8000000000.5", '"1e3"', "99.99", "4294967296")

WORDS = (
    *("shared", "default", "residential", "US", "de", "zz", "monthly", "http", "socks5"),
    *("rp", "rpc", "mp", "sdc", "dcp", "static_residential", "timeout", "Proxy error", "1", "s1"),
)

ODD_WORDS = (
    *("", " ", "\n", "\r\n", "\t", "\x00", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ufeff"),
    *('"', '\\"', "\\", "\\n", "{}", "%s", "%", "# HELP x", 'a"} 1\n', "é", "\U0001f600"),
    *("x" * 200, "nan", "Infinity", "-1", "None", "null", "../..", "?a=b&c", "#", "\u202e"),
)

TIMES = (
    *("2026-11-20T11:00:00Z", "2026-11-20T10:00:00+05:30", "2026-11-01T00:00:00", "1795170000"),
    *("2026-12-01T00:00:00Z", "2026-10-21T12:34:56.789Z"),
)

ODD_TIMES = (
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1969-12-31T23:59:59Z", "0"),
    *("2100-01-01T00:00:00Z", "2016-12-31T23:59:59Z", "1601-01-01T00:00:00Z"),
)

WILD = (
    *("null", "[]", "{}", "[[]]", '""', "true", "false", "-1", "-5e-324", '"-0.001"'),
    *("NaN", "Infinity", "-Infinity", '"nan"', '"\\u006ean"', '"inf"', '"-Infinity"', "1e999"),
    *("9" * 400, "-" + "9" * 400, f'"{"9" * 400}"', f'"{"9" * 5000}"', "1e308", "123456789e200"),
    *('"\\ud800"', '"a\\udc00"', '"\\u0000"', f'"{"x" * 10_000}"', '"\\ud83d\\ude00"'),
    *("[" * 2000, '{"a":' * 2000 + "1" + "}" * 2000, "[" * 200 + "]" * 200, "[null]", '{"": null}'),
    *('{"a": 1, "a": 2}', "\u0663", '"\u0663"', "1_0", "0x10", "+1", "01", "'a'", "undefined"),
)
"""Values that fit nowhere, or nearly nowhere."""

PARTICULAR: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("data", "products", "bandwidth", "countries"), ("null", "[]", "{}")),
        "stats": ('{"": 1}', '{"2026-11-20": 1}', '{"0001-01-01 00:00": 1}', '{"\u0663": 1}'),
        "success": ("null", "false"),
        "next": ('"?page=2"', '""', '"//elsewhere.example/"', '"http://["'),
        "total_pages": ("0", "2", "-1", "1e15"),
        "bandwidth_unit": ("null", '"GB"'),
        "granularity": ('"hour"', '"day"', '"hourly"'),
        "status": ('"\\u0000"', "null"),
        "subscription_id": ('"\\n"', '""'),
        "id": ("1", '"\\n"', '""', '"?"', '"1/../2"', "9" * 30),
        "proxy_username": ('"other"', '"\\u0000"'),
        "timestamp": tuple(map(json.dumps, ODD_TIMES)),
    }
)
"""What fields seldom are that decide whether anything else is read."""

USUAL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "success": ("true",),
        "next": ("null",),
        "total_pages": ("1",),
        "bandwidth_unit": ('"MB"',),
        "granularity": ("null",),
        "status": ('"active"', '"active"', '"cancelled"'),
        "subscription_id": ('"s1"', '"s2"', '"s3"'),
        "proxy_username": ('"me"',),
        "id": ('"1"', '"2"'),
        "proxy_type": ('"shared"', '"shared"', '"%s{}\\n"'),
        "timestamp": ('"2026-11-20T10:00:00Z"', '"2026-11-20T11:00:00Z"', '"1795172400"'),
    }
)
"""What they are otherwise."""

NEEDED = ("data", "products", "bandwidth", "by_subscription", "countries")
"""Without these, an answer is none."""

DAYS = ("2026-11-19 00:00", "2026-11-20 00:00")

KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"stats": DAYS, "products": ("rp",) * 20 + ("sdc", "dcp") * 3 + ODD_WORDS[::4]}
)
"""What the keys of such fields are."""

anything: st.SearchStrategy[str] = st.one_of(
    st.recursive(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(),
            st.text(st.characters(), max_size=20),
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
        ),
        max_leaves=12,
    ).map(json.dumps),
    st.sampled_from(WILD),
    st.text(max_size=30),
)
"""JSON of any shape, and texts that are none."""


_IS_WILD = st.sampled_from((False,) * 40 + (True,))

_ONCE = st.just(1)
_MOSTLY_ONCE = st.sampled_from((1,) * 12 + (0, 2))
"""How often an object has a key."""


class Shapes:
    """Makes JSON of the shape of a type: with odd values, and *wild* ones here and there."""

    def __init__(self, *, wild: bool) -> None:
        self._wild = wild

    def of(self, kind: object) -> st.SearchStrategy[str]:
        """Make JSON of the shape of *kind*."""
        return self._of(inspect.type_info(kind))

    def _of(self, kind: inspect.Type, name: str = "") -> st.SearchStrategy[str]:
        tame, seldom = self._tame(kind, name), st.sampled_from(WILD + PARTICULAR.get(name, ()) * 9)
        if not self._wild:
            return tame
        return _IS_WILD.flatmap(lambda is_wild: seldom if is_wild else tame)

    def _tame(  # noqa: PLR0911 - one for each kind of type
        self, kind: inspect.Type, name: str
    ) -> st.SearchStrategy[str]:
        """Make what *kind* takes, as far as it is the value of the field *name*."""
        if name in USUAL:
            return st.sampled_from(USUAL[name])
        match kind:
            case inspect.StructType(fields=fields):
                return self._object(fields)
            case inspect.UnionType(types=types):
                found = [self._tame(one, name) for one in types]
                return found[0] if name in NEEDED else _one_of(found)
            case inspect.ListType(item_type=item, max_length=most):
                return _array(self._of(item), 3 if most is None else min(3, most))
            case inspect.VarTupleType(item_type=item):
                return _array(self._of(item), 3)
            case inspect.DictType(value_type=value):
                return _map(KEYS.get(name, WORDS * 3 + ODD_WORDS), self._of(value))
            case inspect.FloatType(le=most):
                return st.sampled_from(_up_to(most))
            case _:
                return _LEAVES.get(type(kind), st.just("null"))

    def _object(self, fields: tuple[inspect.Field, ...]) -> st.SearchStrategy[str]:
        """Make an object; of an optional key, there may be none or two."""
        pairs = [
            st.tuples(
                st.just(json.dumps(one.encode_name)),
                _ONCE if one.required else _MOSTLY_ONCE,
                self._of(one.type, one.encode_name),
            )
            for one in fields
        ]
        return st.tuples(*pairs).map(_join_pairs)


def _join_pairs(pairs: tuple[tuple[str, int, str], ...]) -> str:
    texts = (f"{name}: {value}" for name, times, value in pairs for _ in range(times))
    return f"{{{', '.join(texts)}}}"


_LEAVES: Mapping[type, st.SearchStrategy[str]] = MappingProxyType(
    {
        inspect.IntType: st.sampled_from(("1", "2", "3", "0", '"7"')),
        inspect.StrType: st.sampled_from(WORDS * 3 + ODD_WORDS).map(json.dumps),
        inspect.DateTimeType: st.sampled_from(TIMES * 5 + ODD_TIMES).map(json.dumps),
        inspect.BoolType: st.sampled_from(("true", "false")),
        inspect.NoneType: st.just("null"),
    }
)


def _up_to(most: float | None) -> list[str]:
    """Return numbers that are not above *most*, itself among them."""
    numbers = NUMBERS * 3 + ODD_NUMBERS
    if most is None:
        return list(numbers)
    return [one for one in numbers if float(one.strip('"')) <= most] + [repr(float(most))]


def _one_of(found: list[st.SearchStrategy[str]]) -> st.SearchStrategy[str]:
    """Choose the first of *found* mostly: what is documented, before null and what is odd."""
    return st.sampled_from((*[0] * 10, *range(len(found)))).flatmap(found.__getitem__)


def _array(item: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    least = st.sampled_from((0, 1, 1, 1) if most else (0,))
    items = least.flatmap(lambda least: st.lists(item, min_size=least, max_size=most))
    return items.map(lambda found: f"[{', '.join(found)}]")


def _map(keys: tuple[str, ...], value: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(st.sampled_from(keys).map(json.dumps), value), max_size=3)
    return pairs.map(lambda found: f"{{{', '.join(f'{k}: {v}' for k, v in found)}}}")
