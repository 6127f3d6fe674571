"""Place: where in the configuration a mistake is, and the list it is noted in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from exporter.errors import UsageError

_WORD = re.compile(r"[a-z][a-z_]{0,23}")
"""What the words of a configuration are like; keys of providers have digits, capitals, or more."""


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
        """Return the place below this one; a text is a word of ours, never of the file."""
        below = f"[{step}]" if isinstance(step, int) else f".{step}"
        path = f"{self.path}{below}" if self.path else below.removeprefix(".")
        return Place(self.notes, self.file, path)

    def of(self, key: str, known: Iterable[str] = (), *, nth: int | None = None) -> "Place":
        """Return the place of *key*, which is the file's: it may be a secret in the wrong place.

        It is none when it is a *known* one in other letters, as ``pollTimeout``. Where keys are
        names that people choose, *nth* tells which of them is not shown, from 1.
        """
        is_harmless = _WORD.fullmatch(key) or _plain(key) in map(_plain, known)
        which = "a key" if nth is None else f"key {nth}"
        return self / (
            key if is_harmless else f"({which} that is not shown, as it may be a secret)"
        )

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.file, self.path)))

    def mistake(self, what: str) -> None:
        """Note what is wrong here."""
        self.notes.mistakes.append(f"{self}: {what}")

    def warn(self, what: str) -> None:
        """Note what is allowed here, but not wise."""
        self.notes.warnings.append(f"{self}: {what}")


def _plain(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "")
