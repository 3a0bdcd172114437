"""Notes in MariaDB or MySQL: written to the primary, read from a replica."""

import os
import time
from urllib.parse import parse_qs, unquote, urlsplit

CONNECT_TIMEOUT = 2  # seconds; also how long a dead server can delay a page
QUERY_TIMEOUT = 5  # seconds
RECYCLE = 30  # seconds; well below the server's wait_timeout
AVOID = 5  # seconds during which a reader that failed is asked last
CATCH_UP = 1.0  # seconds to wait for a replica that lacks a note
PATIENCE = 8.0  # seconds a write may wait while the primary moves

NO_SUCH_TABLE = 1146
READ_ONLY = {1290, 1792, 1836}
NO_WAY_IN = {1040, 1045, 1053, 2002, 2003}  # nothing was sent that could have been done

TABLE = """CREATE TABLE IF NOT EXISTS notes (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  text VARCHAR(500) NOT NULL,
  server VARCHAR(64) NOT NULL,
  created_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"""


class Unavailable(Exception):
    """No database could do what was asked; the text is fit for a page."""


def parse_url(url):
    """Turn mysql://user:password@host:port/name?ssl_ca=FILE into PyMySQL's arguments."""
    parts = urlsplit(url)
    if parts.scheme != "mysql" or not parts.hostname:
        raise ValueError("a database URL must look like mysql://user:password@host:3306/name")
    args = {
        "host": parts.hostname,
        "port": parts.port or 3306,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": unquote(parts.path.lstrip("/")),
        "charset": "utf8mb4",
        "autocommit": True,
        "connect_timeout": CONNECT_TIMEOUT,
        "read_timeout": QUERY_TIMEOUT,
        "write_timeout": QUERY_TIMEOUT,
    }
    ca = parse_qs(parts.query).get("ssl_ca")
    if ca:
        args.update(ssl_ca=ca[0], ssl_verify_cert=True, ssl_verify_identity=True)
    return args


def mysql_connect(args):
    """Open a connection. PyMySQL is imported here so that pages work without it."""
    import pymysql

    return pymysql.connect(**args)


class Server:
    """One database server and this process's connection to it."""

    def __init__(self, url, connect=mysql_connect, clock=time.monotonic):
        self.args = parse_url(url)
        self.host = self.args["host"]
        self._connect, self._clock = connect, clock
        self._conn, self._since = None, 0.0
        self.failed_at = None
        self.name = None  # as the server calls itself

    def run(self, sql, values=(), check=False):
        """Run one statement; return (rows, last insert id). Any error drops the
        connection. With check an old connection is tried first: what is not sent
        over one that has ended can be sent again."""
        try:
            conn = self._connection(check)
            with conn.cursor() as cursor:
                cursor.execute(sql, values)
                rows = cursor.fetchall()
                result = rows, cursor.lastrowid
            self.failed_at = None
            return result
        except Exception as error:
            if error_code(error) != NO_SUCH_TABLE:
                self.close()
                self.failed_at = self._clock()
            raise

    def _connection(self, check=False):
        if self._conn is not None and self._clock() - self._since > RECYCLE:
            self.close()
        if self._conn is not None and check:
            try:
                self._conn.ping(reconnect=False)
            except Exception:
                self.close()
        if self._conn is None:
            self._conn, self._since = self._connect(self.args), self._clock()
            with self._conn.cursor() as cursor:
                cursor.execute("SELECT @@hostname")
                self.name = cursor.fetchone()[0] or self.host
        return self._conn

    def close(self):
        conn, self._conn = self._conn, None
        if conn is not None:
            try:
                conn.close()
            except Exception:
                pass  # it was broken already

    def avoided(self):
        return self.failed_at is not None and self._clock() - self.failed_at < AVOID

    def label(self):
        return self.name or self.host


def error_code(error):
    """The server's error number, or None."""
    args = getattr(error, "args", ())
    return args[0] if args and isinstance(args[0], int) else None


def reason(error):
    """A short text for people, without a password or an address."""
    code = error_code(error)
    if isinstance(error, ImportError):
        return "PyMySQL is not installed"
    if code in (2002, 2003):
        return "does not answer"
    if code in (2006, 2013):
        return "closed the connection"
    if code in (1044, 1045, 1698):
        return "refused the login"
    return "error %s" % code if code else type(error).__name__


class Store:
    """The notes."""

    def __init__(self, write=None, readers=(), fallback=False, sleep=time.sleep, clock=time.monotonic, others=()):
        """others are servers that may take the writes when write no longer does."""
        self.write, self.readers, self.fallback = write, list(readers), fallback
        self._writers = [s for s in [write, *others] if s is not None]
        self._sleep, self._clock = sleep, clock

    @classmethod
    def from_env(cls, env=os.environ):
        writers = [u for u in env.get("DATABASE_WRITE_URLS", env.get("DATABASE_WRITE_URL", "")).split(",") if u]
        reads = [u for u in env.get("DATABASE_READ_URLS", "").split(",") if u]
        return cls(
            write=Server(writers[0]) if writers else None,
            readers=[Server(u) for u in reads],
            fallback=env.get("DATABASE_READ_FALLBACK") == "primary",
            others=[Server(u) for u in writers[1:]],
        )

    def add(self, text, server):
        """Write a note; return (id, name of the database). A server that refuses
        writes, or cannot be reached, has done nothing: the primary moves, and the
        note goes to the one that is next. Nothing is sent again after an INSERT may
        have been done."""
        if self.write is None:
            raise Unavailable("no database is configured for writes")
        until, problem = self._clock() + PATIENCE, None
        while True:
            for candidate in self._writers:
                try:
                    note_id = self._insert(candidate, text, server)
                except Exception as error:
                    code = error_code(error)
                    if code not in READ_ONLY and code not in NO_WAY_IN:
                        raise Unavailable("%s %s" % (candidate.label(), reason(error))) from error
                    if problem is None or candidate is self.write:
                        problem = error
                    continue
                if candidate is not self.write:
                    self.write = candidate
                    self._writers.sort(key=lambda s: s is not candidate)
                return note_id, candidate.label()
            if self._clock() >= until or len(self._writers) < 2:
                break
            self._sleep(0.1)
        if error_code(problem) in READ_ONLY:
            raise Unavailable("%s takes no writes at the moment" % self.write.label()) from problem
        raise Unavailable("%s %s" % (self.write.label(), reason(problem))) from problem

    @staticmethod
    def _insert(candidate, text, server):
        insert = "INSERT INTO notes (text, server) VALUES (%s, %s)"
        try:
            return candidate.run(insert, (text, server), check=True)[1]
        except Exception as error:
            if error_code(error) != NO_SUCH_TABLE:
                raise
        candidate.run(TABLE)
        return candidate.run(insert, (text, server))[1]

    def _order(self):
        """Readers that answered before those that failed just now, the primary last."""
        servers = sorted(self.readers, key=Server.avoided)
        if self.write is not None and (self.fallback or not servers):
            servers.append(self.write)
        return servers

    def latest(self, min_id=0, limit=20):
        """Return (notes, name of the database, whether it was the primary). A
        database that has not yet got note min_id is passed over."""
        problems = []
        for server in self._order():
            try:
                notes = self._read(server, min_id, limit)
            except Exception as error:
                problems.append("%s %s" % (server.label(), reason(error)))
                continue
            if notes is None:
                problems.append("%s has not got note %d yet" % (server.label(), min_id))
                continue
            return notes, server.label(), server is self.write
        raise Unavailable("; ".join(problems) or "no database is configured for reads")

    def _read(self, server, min_id, limit):
        until = self._clock() + CATCH_UP
        while True:
            try:
                rows, _ = server.run("SELECT id, text, server, created_at FROM notes ORDER BY id DESC LIMIT %s", (limit,))
            except Exception as error:
                if error_code(error) != NO_SUCH_TABLE:
                    raise
                rows = ()
            if not min_id or (rows and rows[0][0] >= min_id):
                return [{"id": r[0], "text": r[1], "server": r[2], "created_at": str(r[3])[:19]} for r in rows]
            if server is self.write or self._clock() >= until:
                return None
            self._sleep(0.05)

    def state(self):
        """What every database says, for /readyz: (status, details). The status is
        ok, degraded (a reader is missing) or down (reads or writes do not work)."""
        readers = [self._ask(r, "SELECT 1") for r in self.readers]
        write = {"ok": False, "error": "not configured"}
        if self.write is not None:
            write = self._ask(self.write, "SELECT @@global.read_only")
            if write["ok"]:
                write["read_only"] = bool(int(write.pop("value")))
                write["ok"] = not write["read_only"]
        for r in readers:
            r.pop("value", None)
        can_read = any(r["ok"] for r in readers) or ("read_only" in write and (self.fallback or not readers))
        status = "ok"
        if not can_read or not write["ok"]:
            status = "down"
        elif not all(r["ok"] for r in readers):
            status = "degraded"
        return status, {"write": write, "read": readers}

    @staticmethod
    def _ask(server, sql):
        try:
            rows, _ = server.run(sql)
            return {"database": server.label(), "ok": True, "value": rows[0][0]}
        except Exception as error:
            return {"database": server.label(), "ok": False, "error": reason(error)}
