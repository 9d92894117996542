"""Secrets Manager's versions and staging labels, where ministack differs from AWS.

Each function here replaces or wraps ministack's handler of the same name; `install()` says which.
"""

import json

from ministack.core.responses import error_response_json, json_response, new_uuid
from ministack.services import secretsmanager as sm

from .settings import settings

# Quotas of Secrets Manager: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
LABELS_PER_SECRET = 20
UNLABELLED_VERSIONS_KEPT = 100
# ClientRequestToken of every API that takes one.
TOKEN_LENGTH = range(32, 65)

_original = {name: getattr(sm, name) for name in (
    "_create_secret", "_describe_secret", "_get_secret_value", "_put_secret_value", "_update_secret_version_stage",
)}


def refuse(code: str, message: str) -> tuple:
    return error_response_json(code, message, 400)


def has_value(version: dict) -> bool:
    return version.get("SecretString") is not None or version.get("SecretBinary") is not None


def token_refusal(data: dict) -> tuple | None:
    token = data.get("ClientRequestToken")
    if token is not None and len(token) not in TOKEN_LENGTH:
        return refuse("InvalidParameterException", "ClientRequestToken must be 32-64 characters long.")
    return None


def promote(secret: dict, version_id: str) -> None:
    """Make a version current: the one it replaces becomes previous, and unlabelled ones stay for a while."""
    left, _ = sm._find_stage_version(secret, "AWSCURRENT")
    if left != version_id:
        sm._remove_stage_everywhere(secret, "AWSCURRENT")
        if left:
            sm._remove_stage_everywhere(secret, "AWSPREVIOUS")
            sm._add_stage(secret, left, "AWSPREVIOUS")
        sm._add_stage(secret, version_id, "AWSCURRENT")
    _clean_up(secret)
    sm._emit_secret_label_updated(secret, "AWSCURRENT", version_id)


def create_secret(data: dict) -> tuple:
    """Without a value there is no version either, and the first PutSecretValue makes the current one."""
    response = _original["_create_secret"](data)
    if response[0] >= 300 or "SecretString" in data or "SecretBinary" in data:
        return response
    _, secret = sm._resolve(data["Name"])
    secret["Versions"].clear()
    return json_response({"ARN": secret["ARN"], "Name": secret["Name"]})


def describe_secret(data: dict) -> tuple:
    status, headers, body = _original["_describe_secret"](data)
    if status >= 300:
        return status, headers, body
    _, secret = sm._resolve(data.get("SecretId"))
    described = {key: value for key, value in json.loads(body).items() if value is not None}
    described.update({key: secret[key] for key in ("LastRotatedDate", "NextRotationDate") if secret.get(key)})
    for replica in described.get("ReplicationStatus", []):
        replica["Status"] = settings.replicaStatus.get(replica["Region"], replica["Status"])
    return json_response(described)


def get_secret_value(data: dict) -> tuple:
    _, secret = sm._resolve(data.get("SecretId"))
    if not secret:
        return _original["_get_secret_value"](data)
    version_id, stage = data.get("VersionId"), data.get("VersionStage")
    version = secret["Versions"].get(version_id)
    if version and stage and stage not in version["Stages"]:
        return refuse("InvalidRequestException",
                      "You provided a VersionStage that is not associated to the provided VersionId.")
    if not version_id:
        version_id, version = sm._find_stage_version(secret, stage or "AWSCURRENT")
    if version and not has_value(version):
        # The version that RotateSecret registers. ministack would answer with no value at all.
        return refuse("ResourceNotFoundException",
                      f"Secrets Manager can't find the specified secret value for VersionId: {version_id}")
    return _original["_get_secret_value"](data)


def put_secret_value(data: dict) -> tuple:
    """One value a token; a label that moves here leaves the version it was on; labels already here stay."""
    _, secret = sm._resolve(data.get("SecretId"))
    if refusal := token_refusal(data):
        return refusal
    if not secret:
        return _original["_put_secret_value"](data)
    token = data.setdefault("ClientRequestToken", new_uuid())
    known = secret["Versions"].get(token)
    if known and has_value(known):
        if all(known.get(part) == data.get(part) for part in ("SecretString", "SecretBinary")):
            return json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token,
                                  "VersionStages": list(known["Stages"])})
        return refuse("ResourceExistsException",
                      "The operation failed because the request token was used for a different secret value.")
    wanted = data.get("VersionStages") or ["AWSCURRENT"]
    if refusal := _too_many_labels(secret, wanted):
        return refusal
    kept = list(known["Stages"]) if known else []
    registered = known and known["CreatedDate"]
    response = _original["_put_secret_value"](data)
    if response[0] >= 300:
        return response
    for stage in wanted:
        if stage != "AWSCURRENT":  # promote() has moved that one
            sm._remove_stage_everywhere(secret, stage, except_version_id=token)
            sm._add_stage(secret, token, stage)
    for stage in kept:
        sm._add_stage(secret, token, stage)
    if registered:
        secret["Versions"][token]["CreatedDate"] = registered
    if not sm._find_stage_version(secret, "AWSCURRENT")[0]:
        promote(secret, token)  # the first version becomes current by itself
    sm._sync_replicas(secret)
    return json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token,
                          "VersionStages": list(secret["Versions"][token]["Stages"])})


def update_secret_version_stage(data: dict) -> tuple:
    """ministack checks RemoveFromVersionId as AWS does; the quota and the immovable AWSCURRENT are missing."""
    _, secret = sm._resolve(data.get("SecretId"))
    stage, target = data.get("VersionStage"), data.get("MoveToVersionId")
    if secret and stage == "AWSCURRENT" and not target:
        return refuse("InvalidParameterException",
                      "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.")
    if secret and target:
        if refusal := _too_many_labels(secret, [stage]):
            return refusal
    response = _original["_update_secret_version_stage"](data)
    if secret:
        _clean_up(secret)
    return response


def list_secret_version_ids(data: dict) -> tuple:
    """Versions without a label are shown only when asked for; a registered version without a value is shown."""
    _, secret = sm._resolve(data.get("SecretId"))
    if not secret:
        return refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    shown = [(version_id, version) for version_id, version in sorted(secret["Versions"].items())
             if version["Stages"] or data.get("IncludeDeprecated")]
    start = int(data.get("NextToken") or 0)
    end = start + min(data.get("MaxResults", 100), 100)
    answer = {"ARN": secret["ARN"], "Name": secret["Name"], "Versions": [
        {"VersionId": version_id, "CreatedDate": version["CreatedDate"],
         **({"VersionStages": list(version["Stages"])} if version["Stages"] else {})}
        for version_id, version in shown[start:end]]}
    if end < len(shown):
        answer["NextToken"] = str(end)
    return json_response(answer)


def _clean_up(secret: dict) -> None:
    """Of the versions without a label the newest stay."""
    unlabelled = [known for known, version in secret["Versions"].items() if not version["Stages"]]
    for old in unlabelled[:-UNLABELLED_VERSIONS_KEPT]:
        del secret["Versions"][old]


def _too_many_labels(secret: dict, added: list) -> tuple | None:
    labels = {stage for version in secret["Versions"].values() for stage in version["Stages"]} | set(added)
    if len(labels) <= LABELS_PER_SECRET:
        return None
    return refuse("LimitExceededException", f"The number of staging labels on a secret can't exceed {LABELS_PER_SECRET}.")


def _milliseconds(value):
    """Stands for `int` in ministack's module, where it cuts `time.time()` to seconds. AWS keeps milliseconds."""
    return round(value, 3) if isinstance(value, float) else int(value)


def install() -> None:
    sm.int = _milliseconds
    sm._apply_current_promotion = promote
    sm._create_secret = create_secret
    sm._describe_secret = describe_secret
    sm._get_secret_value = get_secret_value
    sm._put_secret_value = put_secret_value
    sm._update_secret_version_stage = update_secret_version_stage
    sm._list_secret_version_ids = list_secret_version_ids
