"""Place: where in the configuration a mistake is, and the list it is noted in."""

import re
from dataclasses import dataclass, field

from exporter.errors import UsageError

_PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,40}")


def shown(key: object) -> str:
    """Return *key* as a message may show it.

    A key may be a secret in the wrong place (``{api_key:abc}`` is one key in YAML): what does not
    look like a name is cut where it ceases to.
    """
    text = str(key)
    if _PLAIN.fullmatch(text):
        return text
    head = _PLAIN.match(text)
    return f'"{head[0] if head else ""}..."'


@dataclass(frozen=True, slots=True)
class Notes:
    """What there is to say about a configuration, in the order in which it was found."""

    mistakes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raise UsageError if there are mistakes."""
        if self.mistakes:
            raise UsageError(self.mistakes)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a configuration: the file, if there is one, and the path in it."""

    notes: Notes
    file: str = ""
    path: str = ""

    def __truediv__(self, step: str | int) -> "Place":
        """Return the place below this one."""
        below = f"[{step}]" if isinstance(step, int) else f".{shown(step)}"
        path = f"{self.path}{below}" if self.path else below.removeprefix(".")
        return Place(self.notes, self.file, path)

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.file, self.path)))

    def mistake(self, what: str) -> None:
        """Note what is wrong here."""
        self.notes.mistakes.append(f"{self}: {what}")

    def warn(self, what: str) -> None:
        """Note what is allowed here, but not wise."""
        self.notes.warnings.append(f"{self}: {what}")
