"""Lambda: the ARN that a function is called by, and what a failed invocation answers."""

import json

from ministack.core import iam_actions, lambda_runtime
from ministack.services import lambda_svc

_record_for_ref = lambda_svc._get_func_record_for_ref
_execute = lambda_svc._execute_function_warm


# Aliases

def qualified(resource_arn):
    """An Invoke with a qualifier is authorized on the qualified ARN alone."""
    def of_request(service, method, path, headers, body, query_params, region, account_id) -> str:
        arn = resource_arn(service, method, path, headers, body, query_params, region, account_id)
        qualifier = iam_actions._query_param(query_params, "Qualifier")
        if service == "lambda" and path.endswith("/invocations") and qualifier and not is_qualified(arn):
            return f"{arn}:{qualifier}"
        return arn
    return of_request


def record_for_ref(reference: str) -> tuple:
    """Every caller but Invoke finds a function here, and the function learns of the ARN that is found: `context.invokedFunctionArn`."""
    record, config, name = _record_for_ref(reference)
    _, qualifier = lambda_svc._resolve_name_and_qualifier(reference)
    if config and qualifier:
        unqualified = ":".join(config["FunctionArn"].split(":")[:7])
        config = {**config, "FunctionArn": f"{unqualified}:{qualifier}"}
    return record, config, name


def is_qualified(arn: str) -> bool:
    return arn.count(":") == 7


# Failures. ministack's loop around a function writes the message of an error; Lambda tells its name and its stack, too.

_INIT_FAILED = "Worker init failed: "
_REPLACED = (
    ('error: `Handler ${handlerName} is not a function in ${modPath}`',
     'error: _failure("Runtime.HandlerNotFound", `${modPath}.${handlerName} is undefined or not exported`)'),
    ('status: "error", error: e.message\n', 'status: "error", error: _importFailure(e)\n'),
    ('error: String(err.message || err), trace: err.stack || ""', 'error: _thrown(err), trace: err.stack || ""'),
    ('error: e.message, trace: e.stack', 'error: _thrown(e), trace: e.stack'),
)
# As Lambda's runtime for Node.js does: https://github.com/aws/aws-lambda-nodejs-runtime-interface-client (UserFunction.js, Errors.js).
_FAILURES = r"""
function _failure(errorType, errorMessage, trace) {
  return JSON.stringify({ errorType, errorMessage, trace: trace || `${errorType}: ${errorMessage}`.split("\n") });
}
function _thrown(error) {
  if (!(error instanceof Error)) return _failure(typeof error, String(error), []);
  return _failure(error.name, error.message, (error.stack || "").split("\n"));
}
function _importFailure(error) {
  if (error.code === "MODULE_NOT_FOUND") return _failure("Runtime.ImportModuleError", String(error));
  return error instanceof SyntaxError ? _failure("Runtime.UserCodeSyntaxError", String(error)) : _thrown(error);
}
"""


def execute(function: dict, event, request_id: str) -> dict:
    result = _execute(function, event, request_id)
    if result.get("error") and not result.get("throttle"):
        result["body"] = _as_lambda_answers(result["body"], request_id)
    return result


def _as_lambda_answers(body: dict, request_id: str) -> dict:
    message = body["errorMessage"].removeprefix(_INIT_FAILED)
    if message.startswith('{"errorType"'):
        return json.loads(message)
    if body["errorType"] == "Sandbox.Timedout":
        return {**body, "errorMessage": f"RequestId: {request_id} Error: {message}"}
    if message.startswith(("Worker process died", "Worker process exited")):
        return {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {request_id} Error: Runtime exited without providing a reason"}
    return body


def _script() -> str:
    script = lambda_runtime._NODEJS_WORKER_SCRIPT
    for theirs, ours in _REPLACED:
        if script.count(theirs) != 1:
            raise RuntimeError(f"ministack's loop for Node.js does not hold {theirs!r} once: adapt functions.py to this version")
        script = script.replace(theirs, ours)
    return script + _FAILURES


def install() -> None:
    iam_actions.extract_resource_arn = qualified(iam_actions.extract_resource_arn)
    lambda_svc._get_func_record_for_ref = record_for_ref
    lambda_svc._execute_function_warm = execute
    lambda_runtime._NODEJS_WORKER_SCRIPT = _script()
