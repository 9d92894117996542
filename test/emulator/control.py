"""The emulator's own HTTP interface, for tests. It answers JSON and asks for no credentials: the server listens on 127.0.0.1 only.

GET    /_emulator/health
GET    /_emulator/calls       what functions have called since the last reset
DELETE /_emulator/calls
PUT    /_emulator/faults      replaces the faults (see faults.py)
PUT    /_emulator/settings    changes settings (see settings.py)
POST   /_emulator/age         {"seconds", "accessKeyId"?, "secretId"?, "only"?} (see clock.py)
GET    /_emulator/rotations   every rotation and dry run since the last reset, with its steps
DELETE /_emulator/rotations   forgets those that are over
POST   /_emulator/snapshot    takes a snapshot of all secrets and access keys, in place of the last one (see snapshot.py)
POST   /_emulator/restore     goes back to it
GET    /_emulator/issued      the secret part of every access key ever made, to look for in logs
GET    /_emulator/processes   the processes that functions run in (see processes.py)
"""

import json

from . import access_keys, clock, faults, processes, rotation, snapshot
from .asgi import read_body
from .settings import settings

PREFIX = "/_emulator/"


def _replace_faults(wanted: list) -> list:
    faults.faults[:] = [faults.Fault(**fault) for fault in wanted]
    return wanted


def _reset_calls(_) -> list:
    faults.calls.clear()
    return []


def _reset_rotations(_) -> list:
    rotation.history[:] = [report for report in rotation.history if not report["done"]]
    return []


def _age(wanted: dict) -> dict:
    return {"aged": clock.age(wanted["seconds"], wanted.get("accessKeyId"), wanted.get("secretId"), wanted.get("only"))}


_ROUTES = {
    ("GET", "health"): lambda _: {"status": "ready"},
    ("GET", "calls"): lambda _: faults.calls,
    ("DELETE", "calls"): _reset_calls,
    ("PUT", "faults"): _replace_faults,
    ("PUT", "settings"): settings.change,
    ("POST", "age"): _age,
    ("GET", "rotations"): lambda _: rotation.history,
    ("DELETE", "rotations"): _reset_rotations,
    ("POST", "snapshot"): lambda _: snapshot.take(),
    ("POST", "restore"): lambda _: snapshot.restore(),
    ("GET", "issued"): lambda _: access_keys.issued,
    ("GET", "processes"): lambda _: processes.running(),
}


def middleware(app):
    async def with_control(scope, receive, send):
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            return await app(scope, receive, send)
        body = await read_body(receive)
        route = _ROUTES.get((scope["method"], scope["path"].removeprefix(PREFIX)))
        status, answer = 404, {"error": f"no such control: {scope['method']} {scope['path']}"}
        if route:
            try:
                status, answer = 200, route(json.loads(body or b"null"))
            except (KeyError, TypeError, ValueError) as error:
                status, answer = 400, {"error": str(error)}
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})
        return None

    return with_control
