"""IAM's access keys: the quota of two, the last use, whose key it is, and the user's path in what a policy is asked."""

import re
import time

from ministack.core import iam_actions, iam_evaluator
from ministack.services import iam

from .settings import settings

# Date/Region/Service of a SigV4 credential scope
_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/")

# key id → when, where and for what it was used last; keys never used are absent
last_used: dict[str, dict] = {}
# key id → when it was made, with more than IAM's whole seconds
_born: dict[str, float] = {}
# The secret part of every key ever made: a test looks for them where they must not be.
issued: list[str] = []

_authenticate = iam_evaluator.authenticate
_resource_arn = iam_actions.extract_resource_arn
_handlers = dict(iam._IAM_HANDLERS)


def timestamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def create_access_key(parameters) -> tuple:
    user = iam._p(parameters, "UserName")
    if len(_keys_of(user)) >= settings.keysPerUser:
        return iam._error(409, "LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {settings.keysPerUser}", ns="iam")
    before = set(iam._access_keys)
    response = _handlers["CreateAccessKey"](parameters)
    for key_id in set(iam._access_keys) - before:
        _born[key_id] = time.time()
        issued.append(iam._access_keys[key_id]["SecretAccessKey"])
    return response


def list_access_keys(parameters) -> tuple:
    user = iam._p(parameters, "UserName")
    if user not in iam._users:
        return _no_such_user(user)
    keys = _keys_of(user)
    start = int(iam._p(parameters, "Marker") or 0)
    end = start + int(iam._p(parameters, "MaxItems") or 100)
    members = "".join(
        f"<member><UserName>{user}</UserName><AccessKeyId>{key['AccessKeyId']}</AccessKeyId>"
        f"<Status>{key['Status']}</Status><CreateDate>{key['CreateDate']}</CreateDate></member>" for key in keys[start:end])
    more = end < len(keys)
    return iam._xml(200, "ListAccessKeysResponse",
                    f"<ListAccessKeysResult><AccessKeyMetadata>{members}</AccessKeyMetadata>"
                    f"<IsTruncated>{str(more).lower()}</IsTruncated>{f'<Marker>{end}</Marker>' if more else ''}"
                    "</ListAccessKeysResult>", ns="iam")


def of_that_user(action: str):
    """ministack deletes a key whoever's it is; on AWS the key must be the named user's."""
    def handler(parameters) -> tuple:
        user, key_id = iam._p(parameters, "UserName"), iam._p(parameters, "AccessKeyId")
        if user and user not in iam._users:
            return _no_such_user(user)
        if user and key_id in iam._access_keys and iam._access_keys[key_id]["UserName"] != user:
            return iam._error(404, "NoSuchEntity", f"The Access Key with id {key_id} cannot be found.", ns="iam")
        return _handlers[action](parameters)
    return handler


def get_access_key_last_used(parameters) -> tuple:
    status, headers, body = _handlers["GetAccessKeyLastUsed"](parameters)
    used = last_used.get(iam._p(parameters, "AccessKeyId"))
    if status >= 300 or not used:
        return status, headers, body  # a key never used has no LastUsedDate
    text = (body.decode() if isinstance(body, bytes) else body).replace(
        "<Region>N/A</Region><ServiceName>N/A</ServiceName>",
        f"<LastUsedDate>{timestamp(used['at'])}</LastUsedDate><Region>{used['region']}</Region>"
        f"<ServiceName>{used['service']}</ServiceName>")
    return status, {name: value for name, value in headers.items() if name.lower() != "content-length"}, text.encode()


def authenticate(access_key_id: str, account_id: str):
    """Notes the use of a user's key, and knows no key that is younger than IAM's propagation (a setting)."""
    request = iam_evaluator._signed_request.get()
    if request is not None and time.time() - _born.get(access_key_id, 0) < settings.keyPropagationMillis / 1000:
        return iam_evaluator.AuthError("InvalidClientTokenId", "The security token included in the request is invalid.")
    checked = _authenticate(access_key_id, account_id)
    if isinstance(checked, iam_evaluator.ResolvedCredential) and access_key_id in iam._access_keys:
        scope = _SCOPE.search(request.headers.get("authorization", "")) if request else None
        last_used[access_key_id] = {"at": time.time(), "region": scope["region"] if scope else "us-east-1",
                                    "service": scope["service"] if scope else "N/A"}
    return checked


def resource_arn(service, method, path, headers, body, query_params, region, account_id) -> str:
    """A request about a user or a user's key is authorized on the user's ARN, path included. A user that does not exist has none: who may
    act on one user only is denied access, as https://github.com/cloud-gov/terraform-provision/pull/1923 reports of AWS."""
    if service == "iam":
        user = iam_actions._query_param(query_params, "UserName")
        key = iam._access_keys.get(iam_actions._query_param(query_params, "AccessKeyId"))
        if not user and key:
            user = key["UserName"]
        if user in iam._users:
            return iam._users[user]["Arn"]
        if user and "AccessKey" in iam_actions._query_param(query_params, "Action"):
            return f"user {user}"
    return _resource_arn(service, method, path, headers, body, query_params, region, account_id)


def _keys_of(user: str) -> list[dict]:
    return [key for key in iam._access_keys.values() if key["UserName"] == user]


def _no_such_user(user: str) -> tuple:
    return iam._error(404, "NoSuchEntity", f"The user with name {user} cannot be found.", ns="iam")


def install() -> None:
    iam._IAM_HANDLERS.update({
        "CreateAccessKey": create_access_key,
        "ListAccessKeys": list_access_keys,
        "DeleteAccessKey": of_that_user("DeleteAccessKey"),
        "UpdateAccessKey": of_that_user("UpdateAccessKey"),
        "GetAccessKeyLastUsed": get_access_key_last_used,
    })
    iam_evaluator.authenticate = authenticate
    iam_actions.extract_resource_arn = resource_arn
