"""Runs a file of SQL statements, which blank lines divide, as the app does: statements.py FILE.

A statement of which the first line is "-- ENGINE" is for that engine alone; "SELECT … -- IS value"
must answer with that value.
"""
import os
import re
import sys
from urllib.parse import unquote, urlsplit

import pymysql

url = urlsplit(os.environ["DATABASE_WRITE_URL"])
connection = pymysql.connect(
    host=url.hostname, port=url.port or 3306, user=unquote(url.username), password=unquote(url.password),
    database=url.path.strip("/"), ssl_ca="/etc/foobar/tls/ca.crt", ssl_verify_cert=True,
    autocommit=True, charset="utf8mb4")
engine = "mariadb" if "MariaDB" in connection.server_version else "mysql"
failed = 0
with open(sys.argv[1], encoding="utf-8") as file:
    statements = [s.strip() for s in re.split(r"\n\s*\n", file.read()) if s.strip()]
for statement in statements:
    first, _, rest = statement.partition("\n")
    if first in ("-- mariadb", "-- mysql"):
        if first != "-- " + engine:
            continue
        statement = rest
    statement, _, wanted = statement.partition(" -- IS ")
    with connection.cursor() as cursor:
        try:
            cursor.execute(statement)
            rows = cursor.fetchall()
            while cursor.nextset():
                pass
        except pymysql.MySQLError as error:
            print("%s\n  refused: %s" % (statement, error))
            failed += 1
            continue
    got = "" if not rows else str(rows[0][0])
    if wanted and got != wanted:
        print("%s\n  answers %s, not %s" % (statement, got, wanted))
        failed += 1
print("%d statements, %d failed" % (len(statements), failed))
sys.exit(1 if failed else 0)
