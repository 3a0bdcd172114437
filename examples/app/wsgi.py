"""The guestbook: gunicorn runs `wsgi:app`."""

import json
import os
import re
from urllib.parse import parse_qs, urlencode

import page
from store import Store, Unavailable

MAX_BODY = 16 * 1024  # bytes
MAX_TEXT = 500  # characters
STATUS = {
    200: "OK", 201: "Created", 303: "See Other", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    411: "Length Required", 413: "Content Too Large", 421: "Misdirected Request", 503: "Service Unavailable",
}


class Refused(Exception):
    """A request that is answered with an error status."""

    def __init__(self, status, text, headers=()):
        super().__init__(text)
        self.status, self.text, self.headers = status, text, list(headers)


class Application:
    """The WSGI application."""

    def __init__(self, store, server="localhost", release="dev", title="Guestbook", domains=()):
        self.store, self.server, self.release, self.title = store, server, release, title
        self.domains = {d.lower() for d in domains if d}
        self.routes = {
            "/": {"GET": self.index},
            "/notes": {"POST": self.sign},
            "/api/notes": {"GET": self.list_notes, "POST": self.add_note},
            "/readyz": {"GET": self.readyz},
            "/metrics": {"GET": self.metrics},
        }

    def __call__(self, environ, start_response):
        method = environ.get("REQUEST_METHOD", "GET")
        try:
            status, headers, body = self.answer(environ, "GET" if method == "HEAD" else method)
        except Refused as refused:
            status, headers, body = as_json(refused.status, {"error": refused.text}, refused.headers)
        except Unavailable as error:
            status, headers, body = as_json(503, {"error": str(error), "server": self.server}, [("Retry-After", "2")])
        headers = headers + [("Content-Length", str(len(body))), ("Cache-Control", "no-store"), ("X-Served-By", self.server)]
        start_response("%d %s" % (status, STATUS[status]), headers)
        return [] if method == "HEAD" else [body]

    def answer(self, environ, method):
        path = environ.get("PATH_INFO") or "/"
        if path == "/healthz":  # for the balancer: no database, no name
            return 200, [("Content-Type", "text/plain")], b"ok\n"
        host = environ.get("HTTP_HOST", "").rsplit(":", 1)[0].lower()
        if self.domains and host not in self.domains:
            raise Refused(421, "this server does not answer for that name")
        route = self.routes.get(path)
        if route is None:
            raise Refused(404, "there is nothing here")
        if method not in route:
            raise Refused(405, "use " + " or ".join(sorted(route)), [("Allow", ", ".join(sorted(route)))])
        return route[method](environ)

    def index(self, environ):
        query = parse_qs(environ.get("QUERY_STRING", ""))
        wrote_to = query.get("wrote_to", [""])[0]
        if not re.fullmatch(r"[A-Za-z0-9.:-]{0,64}", wrote_to):
            wrote_to = ""
        show = {"title": self.title, "server": self.server, "release": self.release, "wrote_to": wrote_to}
        try:
            notes, read_from, fallback = self.store.latest(min_id=number(query))
        except Unavailable as error:
            return 503, HTML, page.render(notes=[], problem="Notes cannot be read: %s." % error, **show)
        return 200, HTML, page.render(notes=notes, read_from=read_from, fallback=fallback, **show)

    def sign(self, environ):
        # Browsers say where a form came from; another site's form is no signature.
        if environ.get("HTTP_SEC_FETCH_SITE", "same-origin") not in ("same-origin", "none"):
            raise Refused(403, "the form was sent from another site")
        try:
            form = parse_qs(body_of(environ).decode())
        except UnicodeDecodeError:
            raise Refused(400, "the form is not UTF-8") from None
        text = checked(form.get("text", [""])[0])
        try:
            note_id, wrote_to = self.store.add(text, self.server)
        except Unavailable as error:
            shown = page.render(self.title, self.server, self.release, [], problem="Your note was not kept: %s." % error)
            return 503, HTML, shown
        where = "/?" + urlencode({"min_id": note_id, "wrote_to": wrote_to})
        return 303, [("Location", where), ("Content-Type", "text/plain")], b"signed\n"

    def list_notes(self, environ):
        min_id = number(parse_qs(environ.get("QUERY_STRING", "")))
        notes, read_from, fallback = self.store.latest(min_id=min_id)
        return as_json(200, {"server": self.server, "read_from": read_from, "fallback": fallback, "notes": notes})

    def add_note(self, environ):
        try:
            data = json.loads(body_of(environ))
        except (ValueError, RecursionError):
            raise Refused(400, "the body is not JSON") from None
        text = data.get("text") if isinstance(data, dict) else None
        if not isinstance(text, str):
            raise Refused(400, 'the body must be {"text": "..."}')
        note_id, wrote_to = self.store.add(checked(text), self.server)
        return as_json(201, {"id": note_id, "server": self.server, "wrote_to": wrote_to})

    def readyz(self, environ):
        status, details = self.store.state()
        body = {"status": status, "server": self.server, "release": self.release, **details}
        return as_json(503 if status == "down" else 200, body)

    def metrics(self, environ):  # in Prometheus' text format, for app.metrics_path
        up = 0 if self.store.state()[0] == "down" else 1
        text = "# HELP guestbook_up Whether a database answers.\n# TYPE guestbook_up gauge\nguestbook_up %d\n" % up
        return 200, [("Content-Type", "text/plain; version=0.0.4")], text.encode()


HTML = [("Content-Type", "text/html; charset=utf-8")]


def as_json(status, data, headers=()):
    body = json.dumps(data, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    return status, [("Content-Type", "application/json"), *headers], body


def body_of(environ):
    """The request's body; its size is known and bounded before it is read."""
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdigit():
        raise Refused(411, "say how long the body is")
    if int(length) > MAX_BODY:
        raise Refused(413, "at most %d bytes" % MAX_BODY)
    return environ["wsgi.input"].read(int(length))


def checked(text):
    """A note's text, trimmed, without control characters."""
    text = "".join(" " if ord(c) < 32 or ord(c) == 127 or 0xD800 <= ord(c) <= 0xDFFF else c for c in text).strip()
    if not text:
        raise Refused(400, "the note is empty")
    if len(text) > MAX_TEXT:
        raise Refused(400, "at most %d characters" % MAX_TEXT)
    return text


def number(query):
    """min_id of a query, 0 when it is absent."""
    value = query.get("min_id", ["0"])[0]
    if not re.fullmatch(r"[0-9]{1,18}", value):
        raise Refused(400, "min_id is not a number")
    return int(value)


app = Application(
    Store.from_env(),
    server=os.environ.get("SITE_HOST", "localhost"),
    release=os.environ.get("SITE_RELEASE", "dev"),
    title=os.environ.get("SITE_DOMAINS", "").split(",")[0] or "Guestbook",
    domains=os.environ.get("SITE_DOMAINS", "").split(","),
)
