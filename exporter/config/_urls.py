"""URLs: where an account's API is."""

import re
from urllib.parse import SplitResult, urlsplit

from exporter.api import is_url
from exporter.config._place import Place

_HOST_AND_PORT = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?")


def base_url_of(text: str, place: Place) -> str | None:
    """Return *text* as a base URL, without a slash at its end; None when it is none.

    What is wrong is noted without the URL, which may hold a password.
    """
    wrong = _wrong_with(text)
    if wrong is None:
        return text.rstrip("/")
    place.mistake(wrong)
    return None


def _wrong_with(text: str) -> str | None:
    """Return what is wrong with *text* as a base URL; None when nothing is."""
    if not (text.isascii() and text.isprintable() and " " not in text):
        return "has a space, a control character or one outside ASCII"
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        return "is not a URL: check its host and port"
    if url.scheme not in {"http", "https"}:
        return "has to begin with https:// or http://"
    return _too_much(url, text)


def _too_much(url: SplitResult, text: str) -> str | None:
    if "@" in url.netloc:
        return "may hold no user and no password: the key is given in api_key or api_key_file"
    if not (_HOST_AND_PORT.fullmatch(url.netloc) and is_url(text)):
        return "has no host, or one that cannot be"
    if "?" in text or "#" in text:
        return "may hold no query and no fragment: the exporter adds its own"
    return None
