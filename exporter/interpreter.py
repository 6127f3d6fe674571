"""Interpreter: Python's own settings, for a process that polls while it answers."""

import gc
import sys

_WHOLE_COLLECTIONS = 1_000
"""One goes over every object, and takes 100 ms where a thousand ledgers are in memory: so many
collections of younger ones lie between two, ten by default. What polls leave behind is found young.
"""

_SWITCH_SECONDS = 0.001
"""How long a thread may go on while another one waits, 5 ms by default. A poll waits after each of
its system calls, several times in a row, while a scrape is rendered.
"""


def favour_polls() -> None:
    """Keep the polling loop from waiting for more than some milliseconds."""
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _WHOLE_COLLECTIONS)
    sys.setswitchinterval(_SWITCH_SECONDS)
