"""Time that passes at once: what is stored grows older, the clock stays."""

import calendar
import re
import time

from ministack.services import iam
from ministack.services import secretsmanager as sm

from . import access_keys

_SECRET_DATES = ("CreatedDate", "LastChangedDate", "LastAccessedDate", "LastRotatedDate", "NextRotationDate")
# A UTC time in a staging label, in ISO's basic or extended form, with or without a point: it grows older with the version that wears it.
_TIME = re.compile(r"(\d{4})(-?)(\d\d)-?(\d\d)T(\d\d)(:?)(\d\d):?(\d\d)(\.?\d+)?Z")


def age(seconds: float, access_key_id: str | None = None, secret_id: str | None = None, only: str | None = None) -> int:
    """Make one key, one secret, or without either everything older. `only` is CreateDate or LastUsedDate of a key."""
    aged = 0
    if not secret_id:
        for (_, key_id), key in iam._access_keys.to_dict().items():
            if access_key_id in (None, key_id):
                _age_key(key, seconds, only)
                aged += 1
    if not access_key_id:
        for secret in sm._secrets.to_dict().values():
            if secret_id in (None, secret["ARN"], secret["Name"]):
                _age_secret(secret, seconds)
                aged += 1
    return aged


def _age_key(key: dict, seconds: float, only: str | None) -> None:
    if only != "LastUsedDate":
        made = calendar.timegm(time.strptime(key["CreateDate"], "%Y-%m-%dT%H:%M:%SZ"))
        key["CreateDate"] = access_keys.timestamp(made - seconds)
    used = access_keys.last_used.get(key["AccessKeyId"])
    if used and only != "CreateDate":
        used["at"] -= seconds


def _age_secret(secret: dict, seconds: float) -> None:
    for name in _SECRET_DATES:
        if secret.get(name):
            secret[name] -= seconds
    for version in secret["Versions"].values():
        version["CreatedDate"] -= seconds
        version["Stages"] = [_TIME.sub(lambda match: _earlier(match, seconds), stage) for stage in version["Stages"]]


def _earlier(match: re.Match, seconds: float) -> str:
    year, dash, month, day, hour, colon, minute, second, fraction = match.groups()
    then = calendar.timegm(tuple(int(part) for part in (year, month, day, hour, minute, second)))
    return time.strftime(f"%Y{dash}%m{dash}%dT%H{colon}%M{colon}%S", time.gmtime(then - seconds)) + (fraction or "") + "Z"
