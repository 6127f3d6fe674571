"""Label values that all providers write in one way."""

COUNTRY_LETTERS = 2


def country(text: str | None) -> str:
    """Return the two letters of a country in upper case, or ``unknown`` for anything else.

    ``ZZ``, a random country, stays.
    """
    code = (text or "").strip()
    is_code = len(code) == COUNTRY_LETTERS and code.isascii() and code.isalpha()
    return code.upper() if is_code else "unknown"
