"""What every request to Secrets Manager and CloudFormation passes on its way to ministack."""

import asyncio
import json
import time
from urllib.parse import parse_qs

import ministack.app
from ministack.core import iam_actions
from ministack.core.router import extract_access_key_id
from ministack.services import cloudformation

from . import kms, rotation

# The CDK CLI asks every five seconds whether a stack is done. So the request that starts an operation is answered when it has
# ended, but before the SDK gives the request up.
_OPERATIONS = {"CreateStack", "UpdateStack", "DeleteStack", "ExecuteChangeSet"}
_ANSWER_AFTER_SECONDS = 25
_LOOK_EVERY_SECONDS = 0.02


def _with_secrets_keys(request_context):
    """The keys of Secrets Manager that a policy may ask for, of RotateSecret and the other actions on one secret:
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html"""
    def of_request(service: str, iam_action: str, body: bytes, parameters: dict) -> dict:
        context = request_context(service, iam_action, body, parameters)
        if service != "secretsmanager":
            return context
        try:
            data = json.loads(body or b"{}")
        except ValueError:
            return context
        if secret := data.get("SecretId"):
            context["secretsmanager:SecretId"] = secret
        if iam_action == "secretsmanager:RotateSecret":
            context["secretsmanager:ModifyRotationRules"] = str("RotationRules" in data).lower()
            context["secretsmanager:RotateImmediately"] = str(data.get("RotateImmediately", True)).lower()
            if function := data.get("RotationLambdaARN"):
                context["secretsmanager:RotationLambdaARN"] = function
        return context
    return of_request


def _secretsmanager(answer):
    """Notes who calls, asks KMS, and knows the action that ministack does not."""

    async def handler(method, path, headers, body, query):
        access_key = extract_access_key_id(headers, query) or ""
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        rotation.caller.set(access_key)
        try:
            data = json.loads(body or b"{}")
        except ValueError:
            return await answer(method, path, headers, body, query)  # ministack refuses it
        if refusal := kms.refusal(access_key, action, data):
            return refusal
        if action == "CancelRotateSecret":
            return rotation.cancel_rotate_secret(data)
        return await answer(method, path, headers, body, query)

    return handler


def _cloudformation(answer):
    async def handler(method, path, headers, body, query):
        response = await answer(method, path, headers, body, query)
        form = parse_qs(body.decode("utf-8", "replace"))
        if form.get("Action", [""])[0] in _OPERATIONS and response[0] < 300:
            await _until_done(form.get("StackName", [""])[0])
        return response

    return handler


async def _until_done(name_or_id: str) -> None:
    deadline = time.monotonic() + _ANSWER_AFTER_SECONDS
    while time.monotonic() < deadline:
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
        stacks = [stack for stack in cloudformation._stacks.values() if name_or_id in (stack.get("StackName"), stack.get("StackId"))]
        if not any(stack.get("StackStatus", "").endswith("_IN_PROGRESS") for stack in stacks):
            return


def install() -> None:
    iam_actions.request_tag_context = _with_secrets_keys(iam_actions.request_tag_context)
    handlers = ministack.app.SERVICE_HANDLERS
    handlers["secretsmanager"] = _secretsmanager(handlers["secretsmanager"])
    handlers["cloudformation"] = _cloudformation(handlers["cloudformation"])
