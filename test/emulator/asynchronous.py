"""Lambda's asynchronous invocations: how often a failed one is tried again, and where it goes then.

On AWS the attempts come after one and two minutes, here at once. What is simulated is
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html and invocation-async-retain-records.html.
"""

import time
from typing import Callable

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from .functions import is_qualified

DEFAULT_RETRIES = 2

_config_handlers = dict(provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventInvokeConfig"])


class Invocation:
    """An event in the queue of a function or an alias, which are configured each for itself."""

    def __init__(self, function: str, event: dict):
        record, self._config, _ = lambda_svc._get_func_record_for_ref(function)
        if record is None:
            raise ValueError(f"no function {function}")
        base, _, _ = lambda_svc._get_base_func_record_for_ref(function)
        _, qualifier = lambda_svc._resolve_name_and_qualifier(function)
        configured = lambda_svc._event_invoke_config(base, qualifier or "$LATEST") or {}
        self._record = lambda_svc._execution_record_for_config(record, self._config)
        self._event = event
        self._id = new_uuid()
        self._attempts = 0
        self._failure: dict = {}
        self._allowed = 1 + int(configured.get("MaximumRetryAttempts", DEFAULT_RETRIES))
        self._destination = _on_failure(configured)

    @property
    def is_repeated(self) -> bool:
        return self._attempts < self._allowed

    def attempt(self) -> bool:
        """Runs the function once, and tells whether it has succeeded."""
        self._attempts += 1
        result = lambda_svc._execute_function_with_config_scope(self._record, self._event)
        self._failure = result.get("body") if result.get("error") else {}
        return not result.get("error")

    def finish(self, is_over: Callable[[], bool] = lambda: False) -> bool:
        """Repeats what has failed as often as it may be, unless it `is_over`, and gives it to the destination then. Tells whether the
        function has succeeded after all."""
        while self.is_repeated and not is_over():
            if self.attempt():
                return True
        if not is_over():
            self._give_up(is_over)
        return False

    def _give_up(self, is_over: Callable[[], bool]) -> None:
        if not self._destination or not may_invoke(self._config["Role"], self._destination):
            return  # Lambda counts a failed delivery, and tells nobody else
        try:
            destination = Invocation(self._destination, self._invocation_record())
        except ValueError:
            return  # it is gone
        if not destination.attempt():
            destination.finish(is_over)

    def _invocation_record(self) -> dict:
        arn = self._config["FunctionArn"]
        now = time.time()
        return {
            "version": "1.0",
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03}Z",
            "requestContext": {
                "requestId": self._id,
                "functionArn": arn if is_qualified(arn) else f"{arn}:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": self._attempts,
            },
            "requestPayload": self._event,
            "responseContext": {"statusCode": 200, "executedVersion": self._config.get("Version", "$LATEST"), "functionError": "Unhandled"},
            "responsePayload": self._failure,
        }


def may_invoke(role_arn: str, function_arn: str) -> bool:
    """Lambda calls a destination with the rights of the function's role."""
    account = get_account_id()
    asked = iam_evaluator.EvalContext(principal_arn=role_arn, principal_type="AssumedRole", principal_account=account,
                                      action="lambda:InvokeFunction", resource_arn=function_arn, region=get_region())
    return iam_evaluator.evaluate(asked, iam_evaluator._gather_role_policies(role_arn.rpartition("/")[2], account)).decision == "Allow"


def _on_failure(configured: dict) -> str | None:
    """The destination, if it is a function: others are not emulated."""
    arn = ((configured.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination") or ""
    return arn if arn.startswith("arn:aws:lambda:") else None


def _with_right(handler, properties_at: int):
    """Lambda takes no configuration whose destination the role may not call (https://github.com/aws-amplify/amplify-cli/issues/10395)."""
    def configure(*arguments) -> tuple:
        properties = arguments[properties_at]
        _, config, _ = lambda_svc._get_func_record_for_ref(properties["FunctionName"])
        destination = _on_failure(properties)
        if config and destination and not may_invoke(config["Role"], destination):
            raise ValueError(f"The function's execution role does not have permissions to call InvokeFunction on {destination}")
        return handler(*arguments)
    return configure


def install() -> None:
    provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventInvokeConfig"].update(
        create=_with_right(_config_handlers["create"], 1), update=_with_right(_config_handlers["update"], 2))
