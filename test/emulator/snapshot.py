"""A state of all secrets and access keys that a test comes back to as often as it likes: every case starts from the same."""

import copy
import time

from ministack.services import iam
from ministack.services import secretsmanager as sm

from . import access_keys, clock

_taken: dict | None = None


def take() -> None:
    global _taken
    _taken = {
        "at": time.time(),
        "secrets": copy.deepcopy(sm._secrets.to_dict()),
        "keys": copy.deepcopy(iam._access_keys.to_dict()),
        "used": copy.deepcopy(access_keys.last_used),
    }


def restore() -> None:
    """Everything is as old as it was then, too: what has happened since took no time."""
    if _taken is None:
        raise ValueError("no snapshot was taken")
    for stored, name in ((sm._secrets, "secrets"), (iam._access_keys, "keys")):
        stored.clear()
        stored._data.update(copy.deepcopy(_taken[name]))
    access_keys.last_used.clear()
    access_keys.last_used.update(copy.deepcopy(_taken["used"]))
    clock.age(_taken["at"] - time.time())
