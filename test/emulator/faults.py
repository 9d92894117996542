"""What goes wrong between a function and AWS, and a log of the calls that functions make.

A fault is `{"action": "CreateAccessKey", "nth": 1, "times": 1, "when": "before", "do": "kill"}`: it meets the nth call of the
action ("*": of any action), `times` calls in a row, before or after AWS has done its work, and does one of
  "kill"                          ends the function's process: no answer, and nothing after this line of it runs
  "drop"                          closes the connection: the function does not learn what happened
  {"error": code, "status": 400}  answers an error of AWS
  {"delayMillis": 500}            lets the call wait, no longer than until the faults are replaced
"""

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from hypercorn.events import Closed
from ministack.core import lambda_runtime

from . import rotation
from .asgi import read_body

# A function signs with its role's temporary credentials, or with a key it tests; the SDK tells that it runs in Lambda.
EXECUTION_ENVIRONMENT = "AWS_Lambda_nodejs24.x"
_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d{8}/[^/]+/(?P<service>[^/]+)/")
# The HTTP status that comes with an error code, where it is not 400.
_STATUS = {
    "AccessDenied": 403, "InvalidClientTokenId": 403, "SignatureDoesNotMatch": 403, "ExpiredToken": 403,
    "NoSuchEntity": 404, "LimitExceeded": 409, "EntityTemporarilyUnmodifiable": 409, "ConcurrentModification": 409,
    "ServiceFailure": 500, "InternalFailure": 500, "InternalServiceError": 500, "ServiceUnavailable": 503,
}


@dataclass
class Fault:
    action: str
    do: str | dict
    nth: int = 1
    times: int = 1
    when: str = "before"
    seen: int = field(default=0, init=False)

    def __post_init__(self):
        known = self.do in ("kill", "drop") or isinstance(self.do, dict) and ({"error", "delayMillis"} & self.do.keys())
        if not known or self.when not in ("before", "after"):
            raise ValueError(f"a fault does 'kill', 'drop', an error or a delay, 'before' or 'after' the call: {self}")

    def meets(self, action: str) -> bool:
        if self.action not in (action, "*"):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


faults: list[Fault] = []
# {"service", "action", "step"?, "status"?}: no parameters, so nothing secret.
calls: list[dict] = []


def middleware(app):
    async def with_faults(scope, receive, send):
        request = await _function_request(scope, receive)
        if request is None:
            return await app(scope, receive, send)
        key, call, body = request
        calls.append(call)
        hits = [fault for fault in faults if fault.meets(call["action"])]
        before = next((fault for fault in hits if fault.when == "before"), None)
        after = next((fault for fault in hits if fault.when == "after"), None)
        if before and await _strike(before, key, call, send):
            return None

        async def replay():
            return {"type": "http.request", "body": body, "more_body": False}

        async def noting(message):
            if message["type"] == "http.response.start":
                call["status"] = message["status"]
            await send(message)

        held = []

        async def hold(message):
            held.append(message)

        await app(scope, replay, hold if after else noting)
        if after and not await _strike(after, key, call, send):
            for message in held:  # the answer was only late
                await noting(message)
        return None

    return with_faults


async def _function_request(scope, receive):
    """The access key, the call and the body of a request that a function signed; None for every other request."""
    if scope["type"] != "http":
        return None
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
    credential = _CREDENTIAL.search(headers.get("authorization", ""))
    if not credential or not (credential["key"].startswith("ASIA") or EXECUTION_ENVIRONMENT in headers.get("user-agent", "")):
        return None
    body = await read_body(receive)
    target = headers.get("x-amz-target")
    action = (target.rpartition(".")[2] if target else
              parse_qs(body.decode("utf-8", "replace")).get("Action", [f"{scope['method']} {scope['path']}"])[0])
    call = {"service": credential["service"], "action": action}
    if rotation.current_step:
        call["step"] = rotation.current_step
    return credential["key"], call, body


async def _strike(fault: Fault, key: str, call: dict, send) -> bool:
    """Do what the fault says. Answers whether the call has ended by it."""
    if isinstance(fault.do, dict) and "delayMillis" in fault.do:
        deadline = time.monotonic() + fault.do["delayMillis"] / 1000
        while time.monotonic() < deadline and any(fault is set_now for set_now in faults):
            await asyncio.sleep(0.02)
        return False
    if fault.do == "kill":
        _kill(key)
    if fault.do in ("kill", "drop"):
        call["status"] = 0
        await _drop(send)
        return True
    code = fault.do["error"]
    call["status"] = fault.do.get("status") or _STATUS.get(code.removesuffix("Exception"), 400)
    await _answer_error(send, call["service"], code, call["status"])
    return True


def _kill(key: str) -> None:
    """End the process that signs with these credentials; for a user's key, every one that is at work."""
    busy = [worker for pool in lambda_runtime._workers.values() for worker in pool if worker.in_use and worker._proc]
    own = [worker for worker in busy if lambda_runtime.execution_credentials(worker.config)["AWS_ACCESS_KEY_ID"] == key]
    for worker in own or busy:
        worker._proc.kill()


async def _drop(send) -> None:
    """Close the connection without an answer. ASGI has no word for that: hypercorn's stream stands behind `send`."""
    stream = send.__self__
    stream.closed = True
    await stream.send.__self__.send(Closed())


async def _answer_error(send, service: str, code: str, status: int) -> None:
    if service in ("iam", "sts"):
        kind = "Sender" if status < 500 else "Receiver"
        content_type, body = "text/xml", (
            f"<ErrorResponse><Error><Type>{kind}</Type><Code>{escape(code)}</Code><Message>injected</Message></Error>"
            "<RequestId>injected</RequestId></ErrorResponse>")
    else:
        content_type, body = "application/x-amz-json-1.1", json.dumps({"__type": code, "message": "injected"})
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", content_type.encode())]})
    await send({"type": "http.response.body", "body": body.encode()})
