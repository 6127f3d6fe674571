"""The file, followed as it changes: a wrong one never takes the place of one that was right."""

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from exporter.config import Notes, Place
from exporter.logs import fields
from exporter.stamp import Stamp, stamp_of
from exporter.web_config._tls import FreshContext, make_context
from exporter.web_config._web_config import WebConfig, read_web_config

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A configuration with the TLS that it asks for."""

    config: WebConfig
    context: ssl.SSLContext | None


class WebConfigFile:
    """The web configuration at *path*, looked at again whenever it is asked for.

    Raises: UsageError, with all mistakes, when it is wrong at the start.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamps: Mapping[Path, Stamp] = {}
        self._mistakes: tuple[str, ...] = ()
        notes = Notes()
        self._loaded = self._load(notes)
        notes.check()
        self.warnings = tuple(notes.warnings)
        """What is allowed, but not wise; one line each."""

    @property
    def config(self) -> WebConfig:
        """What holds now."""
        self._follow()
        return self._loaded.config

    def tls(self) -> ssl.SSLContext | None:
        """Return the context to listen with, which follows the files; None for plain HTTP."""
        return None if self._loaded.context is None else FreshContext(self._context)

    def _context(self) -> ssl.SSLContext:
        self._follow()
        assert self._loaded.context is not None  # noqa: S101 - TLS is never turned off while we run
        return self._loaded.context

    def _follow(self) -> None:
        """Load the files again if one of them has changed; the log says once what is wrong."""
        if all(stamp_of(file) == stamp for file, stamp in self._stamps.items()):
            return
        notes = Notes()
        loaded = self._load(notes)
        if not notes.mistakes and (loaded.context is None) != (self._loaded.context is None):
            place = Place(notes, str(self.path)) / "tls_server_config"
            place.mistake("cannot come or go while the exporter runs: restart it")
        if not notes.mistakes and self._loaded.config.users and not loaded.config.users:
            place = Place(notes, str(self.path)) / "basic_auth_users"
            place.mistake("cannot go while the exporter runs: restart it")
        if not notes.mistakes:
            self._loaded = loaded
            log.info("web configuration loaded again", extra=fields(file=self.path))
        elif tuple(notes.mistakes) != self._mistakes:
            extra = fields(file=self.path, error="; ".join(notes.mistakes))
            log.error("web configuration is wrong: the one before stays", extra=extra)
        self._mistakes = tuple(notes.mistakes)

    def _load(self, notes: Notes) -> _Loaded:
        """Read the file and those that it names; what is noted as wrong is not to be used.

        Stamps are taken before the files are read: what changes meanwhile is read again.
        """
        place = Place(notes, str(self.path))
        self._stamps = {self.path: stamp_of(self.path)}
        config = read_web_config(self.path, place)
        if config.tls is None:
            return _Loaded(config, None)
        named = (config.tls.cert_file, config.tls.key_file, config.tls.client_ca_file)
        self._stamps |= {Path(one): stamp_of(Path(one)) for one in named if one is not None}
        return _Loaded(config, make_context(config.tls, place / "tls_server_config"))
