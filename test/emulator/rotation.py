"""RotateSecret, which ministack only stubs: the four steps against the real function, the dry run, and the refusals of AWS."""

import contextvars
import json
import threading
import time

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region, json_response, new_uuid
from ministack.services import lambda_svc
from ministack.services import secretsmanager as sm

from .secret_versions import refuse, token_refusal
from .settings import settings

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
DAY = 86_400

# Who calls Secrets Manager right now; None for CloudFormation, which acts with rights of its own.
caller: contextvars.ContextVar[str | None] = contextvars.ContextVar("caller", default=None)
# The step that a rotation is in, for the log of calls. One rotation at a time is what the tests run.
current_step: str | None = None
# Every rotation and dry run since the start, in order, for `GET /_emulator/rotations`.
history: list[dict] = []


def invoke(function_arn: str, event: dict) -> str | None:
    """Run the function, and answer its error message, or None."""
    record, config, name = lambda_svc._get_func_record_for_ref(function_arn)
    if record is None:
        return f"no function {function_arn}"
    started = time.time()
    result = lambda_svc._execute_function_with_config_scope(lambda_svc._execution_record_for_config(record, config), event)
    failed = bool(result.get("error"))
    lambda_svc._emit_lambda_metrics(name, (time.time() - started) * 1000, failed, bool(result.get("throttle")))
    if not failed:
        return None
    body = result.get("body")
    return body.get("errorMessage", "unknown error") if isinstance(body, dict) else str(body)


def rotate_secret(data: dict) -> tuple:
    _, secret = sm._resolve(data.get("SecretId"))
    if not secret:
        return refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    if secret.get("DeletedDate"):
        return refuse("InvalidRequestException",
                      "You can't perform this operation on the secret because it was marked for deletion.")
    if sm._is_replica(secret):
        return sm._replica_mutation_error()
    if refusal := token_refusal(data):
        return refusal
    function_arn = data.get("RotationLambdaARN") or secret.get("RotationLambdaARN")
    if not function_arn:
        return refuse("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")
    if refusal := _may_not_invoke(function_arn):
        return refusal
    pending, _ = sm._find_stage_version(secret, "AWSPENDING")
    current, current_version = sm._find_stage_version(secret, "AWSCURRENT")
    token = data.get("ClientRequestToken") or new_uuid()
    if pending and pending not in (current, token):
        return refuse("InvalidRequestException",
                      "A previous rotation isn't complete. That rotation will be reattempted.")

    secret["RotationLambdaARN"] = function_arn
    secret["RotationRules"] = data.get("RotationRules") or secret.get("RotationRules")
    secret["RotationEnabled"] = True
    sm._remove_stage_everywhere(secret, "AWSPENDING")
    dry = data.get("RotateImmediately", True) is False
    if dry and settings.dryRun == "off":
        return json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": current})
    copied = current_version if dry and settings.dryRun == "copy" and current_version else {}
    # What AWS registers before it calls the function: a version without a value.
    secret["Versions"].setdefault(token, {
        "SecretString": copied.get("SecretString"), "SecretBinary": copied.get("SecretBinary"),
        "CreatedDate": round(time.time(), 3), "Stages": [],
    })
    sm._add_stage(secret, token, "AWSPENDING")
    context = contextvars.copy_context()
    report = _report("dryRun" if dry else "rotation", secret, token)  # before the answer: who waits for its end must find it
    threading.Thread(target=context.run, args=(_dry_run if dry else _rotation, report, secret, token), daemon=True).start()
    return json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token})


def cancel_rotate_secret(data: dict) -> tuple:
    """Switches rotation off; a pending version stays pending, as AWS documents."""
    _, secret = sm._resolve(data.get("SecretId"))
    if not secret:
        return refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    secret["RotationEnabled"] = False
    secret.pop("NextRotationDate", None)
    return json_response({"ARN": secret["ARN"], "Name": secret["Name"]})


def _rotation(report: dict, secret: dict, token: str) -> None:
    for _ in range(1 + settings.rotationRetries):
        if "AWSPENDING" not in secret["Versions"].get(token, {}).get("Stages", []):
            break  # the function has abandoned it: nothing is left to retry
        if _four_steps(report, secret, token):
            _succeeded(secret, token)
            report["ok"] = True
            break
    report["done"] = True


def _four_steps(report: dict, secret: dict, token: str) -> bool:
    for step in STEPS:
        if not secret.get("RotationEnabled"):
            return False  # CancelRotateSecret calls no further step
        if not _step(report, secret, token, step):
            return False
    return "AWSCURRENT" in secret["Versions"].get(token, {}).get("Stages", [])


def _succeeded(secret: dict, token: str) -> None:
    if settings.pendingAfterSuccess == "removed":
        sm._remove_stage(secret, token, "AWSPENDING")
    secret["LastRotatedDate"] = round(time.time(), 3)
    days = (secret.get("RotationRules") or {}).get("AutomaticallyAfterDays")
    if days:
        secret["NextRotationDate"] = secret["LastRotatedDate"] + DAY * int(days)


def _dry_run(report: dict, secret: dict, token: str) -> None:
    """RotateImmediately=false: testSecret alone, on a pending version that goes afterwards."""
    report["ok"] = _step(report, secret, token, "testSecret")
    secret["Versions"].pop(token, None)
    report["done"] = True


def _step(report: dict, secret: dict, token: str, step: str) -> bool:
    global current_step
    current_step = step
    try:
        error = invoke(secret["RotationLambdaARN"], {
            "Step": step, "SecretId": secret["ARN"], "ClientRequestToken": token, "RotationToken": new_uuid()})
    finally:
        current_step = None
    report["steps"].append({"step": step, "ok": error is None, **({"error": error} if error else {})})
    return error is None


def _report(kind: str, secret: dict, token: str) -> dict:
    report = {"kind": kind, "secret": secret["ARN"], "token": token, "steps": [], "ok": False, "done": False}
    history.append(report)
    return report


def _may_not_invoke(function_arn: str) -> tuple | None:
    """RotateSecret needs a function that Secrets Manager may call, and a caller who may call it too."""
    record, _, _ = lambda_svc._get_func_record_for_ref(function_arn)
    if record is None:
        return refuse("ResourceNotFoundException", "Secrets Manager can't find the specified rotation function.")
    policy = record.get("policy") or {}
    statements = (json.loads(policy) if isinstance(policy, str) else policy).get("Statement", [])
    if not any(_admits_secrets_manager(statement, function_arn) for statement in statements):
        return refuse("AccessDeniedException", "Secrets Manager cannot invoke the specified Lambda function. Ensure that the "
                      "function policy grants access to the principal secretsmanager.amazonaws.com")
    access_key = caller.get()
    if access_key and iam_evaluator.enforce(access_key, "lambda:InvokeFunction", "lambda", get_region(), resource_arn=function_arn):
        return refuse("AccessDeniedException", "The caller of RotateSecret must be allowed lambda:InvokeFunction on the rotation function.")
    return None


def _admits_secrets_manager(statement: dict, function_arn: str) -> bool:
    """A permission of the function is not one of its alias, nor the other way round."""
    principal = statement.get("Principal")
    service = principal.get("Service") if isinstance(principal, dict) else principal
    if statement.get("Effect") != "Allow" or service not in ("secretsmanager.amazonaws.com", "*"):
        return False
    if statement.get("Resource") != function_arn:
        return False
    # Only AWS:SourceAccount is documented for this service; AWS:SourceArn is reported not to be accepted.
    return all(key.lower() == "aws:sourceaccount" and value == get_account_id()
               for operator in (statement.get("Condition") or {}).values() for key, value in operator.items())


def install() -> None:
    sm._rotate_secret = rotate_secret
