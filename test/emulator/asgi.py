"""What the emulator's own layers of the web server share."""


async def read_body(receive) -> bytes:
    """The whole body of a request."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body
