"""Tests of everything but the network: databases are stood in for."""

import io
import json
import unittest

import store
from store import Server, Store, Unavailable
from wsgi import Application


class Error(Exception):
    """Shaped like PyMySQL's: a number, then a text."""


class FakeDatabase:
    """A server's tables; several connections may share it."""

    def __init__(self, name, read_only=False):
        self.name, self.read_only, self.up, self.rows, self.connects = name, read_only, True, None, 0

    def connect(self, args):
        self.connects += 1
        if not self.up:
            raise Error(2003, "Can't connect")
        return FakeConnection(self)


class FakeConnection:
    def __init__(self, db):
        self.db, self.lastrowid, self.result = db, 0, ()

    def cursor(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def close(self):
        pass

    def ping(self, reconnect):
        if reconnect or not self.db.up:
            raise Error(2013, "Lost connection")

    def execute(self, sql, values=()):
        db = self.db
        if not db.up:
            raise Error(2013, "Lost connection")
        if sql.startswith("SELECT @@hostname"):
            self.result = ((db.name,),)
        elif sql.startswith("SELECT @@global.read_only"):
            self.result = ((int(db.read_only),),)
        elif sql == "SELECT 1":
            self.result = ((1,),)
        elif db.read_only and not sql.startswith("SELECT"):
            raise Error(1290, "read-only")
        elif sql.startswith("CREATE"):
            db.rows = db.rows or []
        elif db.rows is None:
            raise Error(1146, "no such table")
        elif sql.startswith("INSERT"):
            self.lastrowid = len(db.rows) + 1
            db.rows.append((self.lastrowid, values[0], values[1], "2025-01-01 00:00:00"))
        else:
            self.result = tuple(reversed(db.rows))[: values[0]]

    def fetchall(self):
        return self.result

    def fetchone(self):
        return self.result[0]


def build(fallback=True, moves=False, sleep=None):
    primary, near, far = FakeDatabase("web1"), FakeDatabase("web2", True), FakeDatabase("web3", True)
    near.rows = far.rows = primary.rows = []
    now = [0.0]

    def clock():
        now[0] += 0.01
        return now[0]

    def server(db):
        return Server("mysql://u:p@%s:3306/site" % db.name, connect=db.connect, clock=clock)

    others = [server(near), server(far)] if moves else []
    s = Store(server(primary), [server(near), server(far)], fallback, sleep=sleep or (lambda _: None), clock=clock, others=others)
    return s, primary, near, far


class StoreTest(unittest.TestCase):
    def test_writes_go_to_the_primary_and_reads_to_the_first_replica(self):
        s, *_ = build()
        self.assertEqual(s.add("hello", "web2"), (1, "web1"))
        notes, read_from, fallback = s.latest(min_id=1)
        self.assertEqual((notes[0]["text"], read_from, fallback), ("hello", "web2", False))

    def test_a_dead_replica_is_passed_over_and_then_avoided(self):
        s, _, near, _ = build()
        near.up = False
        self.assertEqual(s.latest()[1], "web3")
        tried = near.connects
        self.assertEqual(s.latest()[1], "web3")
        self.assertEqual(near.connects, tried, "a replica that just failed was asked first again")
        self.assertEqual(s.state()[0], "degraded")

    def test_the_primary_stands_in_only_where_allowed(self):
        s, _, near, far = build()
        near.up = far.up = False
        self.assertEqual(s.latest()[1:], ("web1", True))
        s, _, near, far = build(fallback=False)
        near.up = far.up = False
        with self.assertRaises(Unavailable):
            s.latest()
        self.assertEqual(s.state()[0], "down")

    def test_a_replica_that_lags_is_passed_over(self):
        s, _, near, _ = build()
        near.rows = []
        s.add("new", "web1")
        self.assertEqual(s.latest(min_id=1)[1], "web3")

    def test_the_table_is_made_by_the_first_write(self):
        s, primary, near, far = build()
        primary.rows = near.rows = far.rows = None
        self.assertEqual(s.latest()[0], [])
        self.assertEqual(s.add("first", "web1")[0], 1)

    def test_a_read_only_primary_is_said_so(self):
        s, primary, *_ = build()
        primary.read_only = True
        with self.assertRaisesRegex(Unavailable, "takes no writes"):
            s.add("x", "web1")
        status, details = s.state()
        self.assertEqual((status, details["write"]["read_only"]), ("down", True))

    def test_a_write_follows_the_primary(self):
        primary = near = None

        def sleep(_):  # while the note waits, web2 is opened
            near.read_only = False

        s, primary, near, _ = build(moves=True, sleep=sleep)
        s.add("one", "web3")
        primary.read_only = True
        self.assertEqual(s.add("two", "web3")[1], "web2")
        self.assertEqual((s.write.label(), s.state()[0]), ("web2", "ok"))
        primary.read_only, near.up = False, False  # and back, while web2 is gone
        self.assertEqual(s.add("three", "web3")[1], "web1")
        self.assertEqual([r[1] for r in primary.rows], ["one", "two", "three"])

    def test_a_write_waits_no_longer_than_it_may(self):
        s, primary, *_ = build(moves=True)
        primary.read_only = True
        with self.assertRaisesRegex(Unavailable, "takes no writes"):
            s.add("x", "web1")

    def test_nothing_is_sent_again_that_may_have_been_done(self):
        s, primary, near, _ = build(moves=True)
        s.add("one", "web1")
        near.read_only, run = False, FakeConnection.execute

        def cut(connection, sql, values=()):
            run(connection, sql, values)
            if sql.startswith("INSERT"):
                raise Error(2013, "Lost connection")

        FakeConnection.execute = cut
        try:
            with self.assertRaises(Unavailable):
                s.add("two", "web1")
        finally:
            FakeConnection.execute = run
        self.assertEqual([r[1] for r in primary.rows], ["one", "two"])

    def test_urls(self):
        args = store.parse_url("mysql://app_rw:a%40b@10.0.0.11:3307/site?ssl_ca=/etc/ca.crt")
        self.assertEqual((args["password"], args["port"], args["ssl_ca"]), ("a@b", 3307, "/etc/ca.crt"))
        self.assertTrue(args["ssl_verify_identity"])
        self.assertLessEqual(args["connect_timeout"], 2)
        with self.assertRaises(ValueError):
            store.parse_url("postgres://x/y")


class PageTest(unittest.TestCase):
    def setUp(self):
        self.store, self.primary, self.near, self.far = build()
        self.app = Application(self.store, server="web2", release="abc", domains=["www.foobar.com"])

    def ask(self, method, path, body=b"", query="", host="www.foobar.com", **extra):
        got = {}
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": host,
            "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), **extra,
        }
        text = b"".join(self.app(environ, lambda status, headers: got.update(status=int(status[:3]), headers=dict(headers))))
        return got["status"], got["headers"], text

    def test_health_needs_no_database(self):
        for db in (self.primary, self.near, self.far):
            db.up = False
        self.assertEqual(self.ask("GET", "/healthz", host="")[0], 200)
        self.assertEqual(self.ask("GET", "/readyz")[0], 503)
        self.assertEqual(self.ask("GET", "/")[0], 503)
        self.assertEqual(self.ask("POST", "/api/notes", b'{"text":"x"}')[0], 503)

    def test_api(self):
        status, headers, text = self.ask("POST", "/api/notes", b'{"text":"hi"}')
        self.assertEqual((status, json.loads(text)), (201, {"id": 1, "server": "web2", "wrote_to": "web1"}))
        self.assertEqual(headers["X-Served-By"], "web2")
        status, _, text = self.ask("GET", "/api/notes", query="min_id=1")
        data = json.loads(text)
        self.assertEqual((status, data["read_from"], data["notes"][0]["text"]), (200, "web2", "hi"))

    def test_form_and_escaping(self):
        status, headers, _ = self.ask("POST", "/notes", b"text=%3Cscript%3Ealert(1)%3C/script%3E")
        self.assertEqual((status, headers["Location"]), (303, "/?min_id=1&wrote_to=web1"))
        status, _, text = self.ask("GET", "/", query="min_id=1&wrote_to=web1")
        self.assertEqual(status, 200)
        self.assertIn(b"&lt;script&gt;", text)
        self.assertNotIn(b"<script", text)
        self.assertEqual(self.ask("POST", "/notes", b"text=x", HTTP_SEC_FETCH_SITE="cross-site")[0], 403)

    def test_refusals(self):
        for want, args in [
            (421, ("GET", "/", b"", "", "other.example")),
            (404, ("GET", "/nothing")),
            (405, ("DELETE", "/api/notes")),
            (413, ("POST", "/api/notes", b"x" * 20000)),
            (400, ("POST", "/api/notes", b"[")),
            (400, ("POST", "/api/notes", b'{"text": 5}')),
            (400, ("POST", "/api/notes", b'{"text": "  "}')),
            (400, ("POST", "/api/notes", json.dumps({"text": "x" * 501}).encode())),
            (400, ("POST", "/notes", b"text=\xff\xfe")),
            (400, ("GET", "/api/notes", b"", "min_id=x")),
        ]:
            self.assertEqual(self.ask(*args)[0], want, args)
        self.assertEqual(self.ask("POST", "/api/notes", CONTENT_LENGTH="")[0], 411)

    def test_head_has_no_body(self):
        status, headers, text = self.ask("HEAD", "/")
        self.assertEqual((status, text), (200, b""))
        self.assertGreater(int(headers["Content-Length"]), 100)


if __name__ == "__main__":
    unittest.main()
