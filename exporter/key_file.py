"""KeyFile: an account's credential, followed as its file changes."""

import logging

from exporter.account import Account
from exporter.errors import FileError
from exporter.logs import fields
from exporter.secret import Credential
from exporter.stamp import Stamp, stamp_of

log = logging.getLogger(__name__)


class KeyFile:
    """The credential of *account*; without a file it stays as it is.

    While the file is wrong, the credential before stays; the log says so once, and once that it is
    over.
    """

    def __init__(self, account: Account) -> None:
        self._credential = account.credential
        self._name = {"provider": account.provider, "account": account.name}
        self._read_at = self._stamp()
        self._is_wrong = False

    def follow(self) -> Credential:
        """Return the credential, read again if its file has changed since it was read."""
        stamp = self._stamp()
        if stamp == self._read_at:
            return self._credential
        self._read_at = stamp
        return self.read()

    def read(self) -> Credential:
        """Return the credential, read again."""
        try:
            self._credential = self._credential.reread()
        except FileError as error:
            if not self._is_wrong:
                extra = fields(**self._name, file=self._credential.file, error=str(error))
                log.warning("key file is wrong: the key before stays", extra=extra)
            self._is_wrong = True
            return self._credential
        if self._is_wrong:
            extra = fields(**self._name, file=self._credential.file)
            log.info("key file is right again", extra=extra)
        self._is_wrong = False
        return self._credential

    def _stamp(self) -> Stamp:
        file = self._credential.file
        return None if file is None else stamp_of(file)
