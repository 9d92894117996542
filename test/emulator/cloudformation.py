"""CloudFormation's side of a rotated secret: `Ref`, the rotation schedule, the resource policy, and custom resources that fail."""

import json
import os
import threading
import time

from ministack.core.responses import new_uuid
from ministack.services import secretsmanager as sm
from ministack.services import cloudformation
from ministack.services.cloudformation import custom_resource, provisioners, stacks

from . import rotation
from .asynchronous import Invocation
from .settings import settings

_NO_ANSWER = "CloudFormation did not receive a response from your Custom Resource."

_delivered: dict[str, dict] = {}
# By stack and logical id: a failed request that Lambda will repeat when CloudFormation has long gone on (a setting).
_late: dict[tuple, Invocation] = {}
# By stack and logical id: the physical id that a failed Update answered, and the properties it was to have.
_abandoned: dict[tuple, tuple] = {}
_deliver_response = custom_resource.deliver_response
# By stack: the logical ids of what could not be deleted with it.
_undeleted: dict[str, set] = {}
_original_delete = stacks._delete_resource


# `Ref` of a secret is its ARN; ministack answers its name.

_secret = dict(provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"])


def _secret_name(physical_id: str) -> str:
    _, secret = sm._resolve(physical_id)
    return secret["Name"] if secret else physical_id


def _create_secret(logical_id, properties, stack_name) -> tuple:
    name = properties.get("Name")
    if name and name in sm._secrets:
        raise ValueError(f"The operation failed because the secret {name} already exists.")
    name, attributes = _secret["create"](logical_id, properties, stack_name)
    secret = sm._secrets[name]
    secret["CreatedDate"] = secret["LastChangedDate"] = round(time.time(), 3)
    for version in secret["Versions"].values():
        version["CreatedDate"] = secret["CreatedDate"]
    return attributes["Arn"], attributes


def _update_secret(physical_id, old, new, stack_name, logical_id=None) -> tuple:
    _, attributes = _secret["update"](_secret_name(physical_id), old, new, stack_name, logical_id)
    return attributes["Arn"], attributes


def _delete_secret(physical_id, properties) -> None:
    _secret["delete"](_secret_name(physical_id), properties)


# The schedule. Nothing fires by the clock: a test calls RotateSecret.

def _create_schedule(logical_id, properties, stack_name) -> tuple:
    status, _, body = rotation.rotate_secret({
        "SecretId": properties["SecretId"],
        "RotationLambdaARN": properties.get("RotationLambdaARN"),
        "RotationRules": dict(properties.get("RotationRules") or {}),
        "RotateImmediately": str(properties.get("RotateImmediatelyOnUpdate", True)).lower() != "false",
    })
    answer = json.loads(body)
    if status >= 300:
        raise ValueError(answer.get("message") or answer.get("Message"))
    return answer["ARN"], {"Id": answer["ARN"]}


def _update_schedule(physical_id, old, new, stack_name) -> tuple:
    return _create_schedule(None, new, stack_name)


def _delete_schedule(physical_id, properties) -> None:
    rotation.cancel_rotate_secret({"SecretId": physical_id})


# The resource policy

def _put_resource_policy(properties) -> tuple:
    _, secret = sm._resolve(properties["SecretId"])
    if not secret:
        raise ValueError("Secrets Manager can't find the specified secret.")
    sm._resource_policies[secret["ARN"]] = json.dumps(properties["ResourcePolicy"])
    return secret["ARN"], {"Id": secret["ARN"]}


def _delete_resource_policy(physical_id, properties) -> None:
    sm._resource_policies.pop(physical_id, None)


# The end of a stack

class StillNeeded(RuntimeError):
    pass


def delete_resource(resource_type, physical_id, properties, stack_name="", logical_id="") -> None:
    """What a resource depends on that could not be deleted stays, until that one is gone: ministack would delete it."""
    stack = cloudformation._stacks.get(stack_name) or {}
    if stack.get("StackStatus") != "DELETE_IN_PROGRESS":
        return _original_delete(resource_type, physical_id, properties, stack_name, logical_id)
    undeleted = _undeleted.setdefault(stack_name, set())
    undeleted.discard(logical_id)  # tried again
    there = set(stack["_resources"])
    needed = stacks._with_dependencies(undeleted & there, stack["_template"].get("Resources", {}), there)
    if logical_id in needed:
        raise StillNeeded("a resource that depends on it could not be deleted")
    try:
        return _original_delete(resource_type, physical_id, properties, stack_name, logical_id)
    except Exception:
        undeleted.add(logical_id)
        raise


# Custom resources

def _remember_response(token: str, response: dict) -> bool:
    _delivered[token] = response
    return _deliver_response(token, response)


def invoke_custom_resource(request_type, logical_id, properties, stack_name, stack_id, resource_type,
                           physical_id=None, old_props=None) -> tuple:
    """As ministack's, and: a crashed function is tried again, and a failed Create is followed by the rollback's Delete. So is a failed
    Update that answered a new physical id, in place of an Update back: https://github.com/aws/aws-cdk/issues/30012 saw it on AWS."""
    abandoned_id, abandoned_properties = _abandoned.pop((stack_id, logical_id), (None, None))
    if request_type == "Update" and abandoned_id and old_props == abandoned_properties:
        try:
            _request("Delete", logical_id, old_props, stack_id, resource_type, abandoned_id, None)
        except CustomResourceFailed:
            pass  # the stack is rolled back nevertheless
        return physical_id, {}
    try:
        return _request(request_type, logical_id, properties, stack_id, resource_type, physical_id, old_props)
    except CustomResourceFailed as failure:
        if request_type == "Update" and failure.physical_id != physical_id:
            _abandoned[stack_id, logical_id] = failure.physical_id, properties
        if request_type == "Create":
            # Without an answer CloudFormation makes an id up.
            made = failure.physical_id or f"{stack_name}-{logical_id}-{new_uuid()[:8].upper()}"
            try:
                _request("Delete", logical_id, properties, stack_id, resource_type, made, None)
            except CustomResourceFailed as second:
                raise CustomResourceFailed(f"{failure} (and the rollback's Delete failed: {second})", made) from failure
        raise


class CustomResourceFailed(RuntimeError):
    def __init__(self, reason: str, physical_id: str | None):
        super().__init__(reason)
        self.physical_id = physical_id


def _request(request_type, logical_id, properties, stack_id, resource_type, physical_id, old_properties) -> tuple:
    token = new_uuid()
    event = {
        "RequestType": request_type,
        "RequestId": new_uuid(),
        "StackId": stack_id,
        "ResponseURL": f"{os.environ['AWS_ENDPOINT_URL']}/_ministack/cfn-response/{token}",  # of the host that the SDK knows, as S3 is on AWS
        "ResourceType": resource_type,
        "LogicalResourceId": logical_id,
        "ResourceProperties": custom_resource._normalise_resource_properties(properties),
    }
    if physical_id is not None:
        event["PhysicalResourceId"] = physical_id
    if old_properties is not None:
        event["OldResourceProperties"] = custom_resource._normalise_resource_properties(old_properties)
    invocation = Invocation(properties.get("ServiceToken", ""), event)
    answered = custom_resource.register_token(token)
    if not _carry_out(invocation, request_type, (stack_id, logical_id), answered) and not answered.is_set():
        # Nothing will answer any more. AWS would wait out the service timeout; no test should.
        custom_resource._pending.pop(token, None)
        raise CustomResourceFailed(_NO_ANSWER, physical_id)
    if not answered.wait(timeout=float(properties.get("ServiceTimeout", 3600))):
        custom_resource._pending.pop(token, None)
        raise CustomResourceFailed(_NO_ANSWER, physical_id)
    custom_resource._pending.pop(token, None)
    answer = _delivered.pop(token)
    answered_id = answer.get("PhysicalResourceId") or physical_id
    if answer.get("Status") != "SUCCESS":
        raise CustomResourceFailed(answer.get("Reason", "no reason given"), answered_id)
    return answered_id or event["RequestId"], answer.get("Data") or {}


def _carry_out(invocation: Invocation, request_type: str, resource: tuple, answered: threading.Event) -> bool:
    """CloudFormation invokes a custom resource asynchronously. Tells whether the function has succeeded, at whichever attempt."""
    earlier = _late.pop(resource, None)
    succeeded = invocation.attempt()
    if not succeeded and settings.lateRepeat and request_type != "Delete" and invocation.is_repeated:
        _late[resource] = invocation
    elif not succeeded:
        succeeded = invocation.finish(answered.is_set)
    if earlier:
        earlier.finish()
    return succeeded


def install() -> None:
    handlers = provisioners._RESOURCE_HANDLERS
    handlers["AWS::SecretsManager::Secret"].update(create=_create_secret, update=_update_secret, delete=_delete_secret)
    handlers["AWS::SecretsManager::RotationSchedule"] = {
        "create": _create_schedule, "update": _update_schedule, "delete": _delete_schedule}
    handlers["AWS::SecretsManager::ResourcePolicy"] = {
        "create": lambda logical_id, properties, stack_name: _put_resource_policy(properties),
        "update": lambda physical_id, old, new, stack_name: _put_resource_policy(new),
        "delete": _delete_resource_policy}
    stacks._delete_resource = delete_resource
    custom_resource.deliver_response = _remember_response
    custom_resource.invoke_custom_resource = invoke_custom_resource
