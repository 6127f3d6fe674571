"""The file, followed as it changes: a wrong one never takes the place of one that was right."""

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from exporter.config import Notes, Place
from exporter.logs import fields
from exporter.stamp import Stamp, stamp_of
from exporter.web_config._tls import FreshContext, make_context
from exporter.web_config._web_config import WebConfig, read_web_config

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A configuration with the TLS that it asks for, made of files that had these stamps."""

    config: WebConfig
    context: ssl.SSLContext | None
    stamps: Mapping[Path, Stamp]


class WebConfigFile:
    """The web configuration at *path*, looked at again whenever it is asked for.

    Raises: UsageError, with all mistakes, when it is wrong at the start.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamps: Mapping[Path, Stamp] = {}
        """Of all files that were read, before they were: what changes meanwhile is read again."""
        self._mistakes: frozenset[str] = frozenset()
        notes = Notes()
        self._loaded = self._with_tls(self._read(notes), notes)
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
        notes, held = Notes(), self._loaded
        self._loaded = self._load(held, notes)
        mistakes = frozenset(notes.mistakes)
        if not mistakes <= self._mistakes:
            extra = fields(file=self.path, error="; ".join(dict.fromkeys(notes.mistakes)))
            log.error("web configuration is wrong: what was right before stays", extra=extra)
        if not mistakes:
            log.info("web configuration loaded again", extra=fields(file=self.path))
        elif self._loaded != held:
            log.info("web configuration loaded again in part", extra=fields(file=self.path))
        self._mistakes = mistakes

    def _load(self, held: _Loaded, notes: Notes) -> _Loaded:
        """Return what is right of the file and of the certificates, else what is *held* of it."""
        config = self._read(notes)
        self._refuse_change(held.config, config, notes)
        if notes.mistakes:
            config = held.config
        as_before = replace(config, tls=held.config.tls)
        return self._renewed(config, held, notes) or self._renewed(as_before, held, notes) or held

    def _renewed(self, config: WebConfig, held: _Loaded, notes: Notes) -> _Loaded | None:
        """Return *config* with TLS; None when it names other certificates, and wrong ones."""
        own = Notes()
        loaded = self._with_tls(config, own)
        notes.mistakes.extend(own.mistakes)
        if config.tls != held.config.tls:
            return None if own.mistakes else loaded
        unchanged = own.mistakes or loaded.stamps == held.stamps
        return replace(held, config=config) if unchanged else loaded

    def _read(self, notes: Notes) -> WebConfig:
        self._stamps = {self.path: stamp_of(self.path)}
        return read_web_config(self.path, Place(notes, str(self.path)))

    def _refuse_change(self, held: WebConfig, config: WebConfig, notes: Notes) -> None:
        """Note what would open the port, or needs another one."""
        place = Place(notes, str(self.path))
        if not notes.mistakes and (config.tls is None) != (held.tls is None):
            what = "cannot come or go while the exporter runs: restart it"
            (place / "tls_server_config").mistake(what)
        if not notes.mistakes and held.users and not config.users:
            what = "cannot go while the exporter runs: restart it"
            (place / "basic_auth_users").mistake(what)

    def _with_tls(self, config: WebConfig, notes: Notes) -> _Loaded:
        """Return *config* with its TLS, of use only if no mistake was noted."""
        if config.tls is None:
            return _Loaded(config, None, {})
        named = (config.tls.cert_file, config.tls.key_file, config.tls.client_ca_file)
        stamps = {Path(one): stamp_of(Path(one)) for one in named if one is not None}
        self._stamps = {**stamps, **self._stamps}
        place = Place(notes, str(self.path)) / "tls_server_config"
        return _Loaded(config, make_context(config.tls, place), stamps)
