"""Variables of the environment in texts of the configuration: ``${NAME}``, and nothing else."""

import re
from collections.abc import Mapping

from exporter.config._place import Place

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def expand(text: str, environ: Mapping[str, str], place: Place) -> str | None:
    """Return *text* with its variables replaced; None when that is not possible, which is noted.

    What a variable holds is taken as it is: a reference in it stays.
    """
    if "${" in _REFERENCE.sub("", text):
        place.mistake("after ${ the name of a variable is expected, as in ${NAME}")
        return None
    unset = [name for name in dict.fromkeys(_REFERENCE.findall(text)) if name not in environ]
    for name in unset:
        place.mistake(f"the environment variable {name} is not set")
    return None if unset else _REFERENCE.sub(lambda found: environ[found[1]], text)
