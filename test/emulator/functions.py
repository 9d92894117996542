"""Lambda: the ARN that a function is called by."""

from ministack.core import iam_actions
from ministack.services import lambda_svc

_record_for_ref = lambda_svc._get_func_record_for_ref

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


def install() -> None:
    iam_actions.extract_resource_arn = qualified(iam_actions.extract_resource_arn)
    lambda_svc._get_func_record_for_ref = record_for_ref
