"""An ASGI app without a framework: a page, a health check, a websocket that echoes and a stream of events."""
import asyncio
import os
from urllib.parse import parse_qs

RELEASE = os.environ.get("SITE_RELEASE", "")


async def body(send, status, kind, text):
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": text})


async def events(send, every):
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")]})
    for n in range(60):
        await send({"type": "http.response.body", "body": b"data: %d\n\n" % n, "more_body": True})
        await asyncio.sleep(every)
    await send({"type": "http.response.body", "body": b""})


async def websocket(scope, receive, send):
    while True:
        message = await receive()
        if message["type"] == "websocket.connect":
            await send({"type": "websocket.accept", "subprotocol": next(iter(scope["subprotocols"]), None)})
        elif message["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": f"{RELEASE} {message.get('text') or ''}"})
        else:
            return


async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await websocket(scope, receive, send)
    elif scope["type"] == "http":
        if scope["path"] == "/events":
            await events(send, float(parse_qs(scope["query_string"]).get(b"every", [b"1"])[0]))
        elif scope["path"] in ("/", "/healthz"):
            await body(send, 200, b"text/plain", f"release {RELEASE}\n".encode())
        else:
            await body(send, 404, b"text/plain", b"not found\n")
