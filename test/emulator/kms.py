"""A secret under a customer key asks KMS: whoever reads or writes its value needs rights on that key, by Secrets Manager and for this secret."""

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import secretsmanager as sm

from .secret_versions import refuse

# https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
_ASKS_FOR = {
    "GetSecretValue": ("kms:Decrypt",),
    "PutSecretValue": ("kms:GenerateDataKey", "kms:Decrypt"),
    "UpdateSecret": ("kms:GenerateDataKey", "kms:Decrypt"),
}


def refusal(access_key: str, action: str, data: dict) -> tuple | None:
    _, secret = sm._resolve(data.get("SecretId"))
    key = (secret or {}).get("KmsKeyId")
    if not key or key.endswith("alias/aws/secretsmanager"):
        return None  # the AWS managed key admits every principal of the account
    if not key.startswith("arn:"):
        key = f"arn:aws:kms:{get_region()}:{get_account_id()}:{key if '/' in key else f'key/{key}'}"
    context = {
        "kms:ViaService": f"secretsmanager.{get_region()}.amazonaws.com",
        "kms:EncryptionContext:SecretARN": secret["ARN"],
    }
    for asked in _ASKS_FOR.get(action, ()):
        if iam_evaluator.enforce(access_key, asked, "kms", get_region(), resource_arn=key, service_context=context):
            return refuse("AccessDeniedException", "Access to KMS is not allowed")
    return None
