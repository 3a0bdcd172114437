# The same farm as ../ansible for pyinfra 3, of about the same number of operations a host.
import os
from io import StringIO

from pyinfra import host
from pyinfra.facts.server import Command
from pyinfra.operations import apt, files, server, systemd

A = "../ansible/"
R = A + "roles/"
PKI = os.environ["BENCH_PKI"] + "/"
NAME = host.data.name
IS_LB = "lb" in host.groups
FARM = {"lb1": "10.77.0.11", "srv1": "10.77.0.12", "srv2": "10.77.0.13", "srv3": "10.77.0.14"}
KEY = next(l.split('"')[1] for l in open(A + "group_vars/all.yml") if l.startswith("deploy_key"))


def text(dest, content, **kw):
    return files.put(name=f"Write {dest}", src=StringIO(content), dest=dest, **{"mode": "644", **kw})


def put(src, dest, **kw):
    return files.put(name=f"Copy {dest}", src=src, dest=dest, **{"mode": "644", **kw})


def ufw(rule):
    # `ufw show added` prints the rules as they were given
    if f"ufw {rule}" not in (host.get_fact(Command, "ufw show added 2>/dev/null || true") or ""):
        server.shell(name=f"ufw {rule}", commands=[f"ufw {rule}"])


def sql(name, test, commands):
    if not host.get_fact(Command, f'mariadb -NBe "{test}" 2>/dev/null || true'):
        server.shell(name=name, commands=[f'mariadb -e "{c}"' for c in commands])


# base
apt.update(name="Refresh the package index", cache_time=3600)
apt.packages(name="Base packages", packages=["ca-certificates", "curl", "rsync", "logrotate"], no_recommends=True)
text("/etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n" + "".join(f"{a} {n}\n" for n, a in FARM.items()))
files.link(name="Time zone", path="/etc/localtime", target="/usr/share/zoneinfo/Etc/UTC")
put(R + "base/files/60-farm.conf", "/etc/sysctl.d/60-farm.conf")
put(R + "base/files/limits.conf", "/etc/security/limits.d/60-farm.conf")
sshd = put(R + "base/files/sshd.conf", "/etc/ssh/sshd_config.d/60-farm.conf")
systemd.service(name="Reload ssh", service="ssh", running=True, reloaded=sshd.changed)
files.directory(name="journald drop-ins", path="/etc/systemd/journald.conf.d", mode="755")
jd = put(R + "base/files/journald.conf", "/etc/systemd/journald.conf.d/60-farm.conf")
systemd.service(name="Restart journald", service="systemd-journald", restarted=jd.changed)
server.group(name="deploy group", group="deploy")
server.user(name="deploy user and key", user="deploy", group="deploy", shell="/bin/bash", public_keys=[KEY])
text("/etc/sudoers.d/60-farm", "deploy ALL=(ALL) NOPASSWD:ALL\n", mode="440")
ca = put(PKI + "ca.crt", "/usr/local/share/ca-certificates/lab-ca.crt")
if ca.changed:
    server.shell(name="Update the CA store", commands=["update-ca-certificates"])
text("/etc/motd", f"{NAME} is managed: do not edit files by hand.\n")
put(R + "base/files/60farm-apt", "/etc/apt/apt.conf.d/60farm")
# ufw
apt.packages(name="ufw", packages=["ufw"], no_recommends=True)
ufw("allow 22/tcp")
if IS_LB:
    ufw("allow 80/tcp")
    ufw("allow 443/tcp")
else:
    ufw("allow from 10.77.0.11 to any port 443 proto tcp")
    for n, a in FARM.items():
        if n not in ("lb1", NAME):
            ufw(f"allow from {a} to any port 3306 proto tcp")
ufw("allow from 10.77.0.0/24 to any port 9100 proto tcp")
if "Status: active" not in (host.get_fact(Command, "ufw status verbose 2>/dev/null || true") or ""):
    server.shell(name="Enable ufw", commands=["ufw default deny incoming", "ufw --force enable"])
systemd.service(name="ufw at boot", service="ufw", enabled=True)
# monitor
apt.packages(name="Agent", packages=["prometheus-node-exporter"], no_recommends=True)
d = text("/etc/default/prometheus-node-exporter", 'ARGS="--web.listen-address=:9100 --no-collector.systemd"\n')
files.directory(name="Text metrics", path="/var/lib/prometheus/node-exporter", mode="755")
text("/var/lib/prometheus/node-exporter/labels.prom", 'farm_host_info{host="%s",tier="%s"} 1\n' % (NAME, "edge" if IS_LB else "app"))
systemd.service(name="Run the agent", service="prometheus-node-exporter", enabled=True, restarted=d.changed)

if not IS_LB:
    primary = host.data.primary
    # mysql
    apt.packages(name="MariaDB", packages=["mariadb-server", "python3-pymysql"], no_recommends=True)
    cnf = files.template(name="Configure MariaDB", src="farm.cnf.j2", dest="/etc/mysql/mariadb.conf.d/60-farm.cnf", mode="644",
                         server_id=host.data.server_id, primary=primary)
    files.directory(name="Backups", path="/var/backups/mysql", user="mysql", group="mysql", mode="750")
    put(R + "mysql/files/logrotate", "/etc/logrotate.d/mysql-slow")
    systemd.service(name="Run MariaDB", service="mariadb", enabled=True, restarted=cnf.changed)
    if primary:
        sql("Replication user", "SELECT 1 FROM mysql.user WHERE User='repl'", [
            "CREATE USER repl@'10.77.0.%' IDENTIFIED BY 'lab-repl-password'", "GRANT REPLICATION SLAVE ON *.* TO repl@'10.77.0.%'"])
        sql("Database", "SHOW DATABASES LIKE 'app'", ["CREATE DATABASE app CHARACTER SET utf8mb4"])
        sql("Application user", "SELECT 1 FROM mysql.user WHERE User='app'", [
            "CREATE USER app@localhost IDENTIFIED BY 'lab-app-password'", "GRANT SELECT,INSERT,UPDATE,DELETE ON app.* TO app@localhost"])
        sql("Monitoring user", "SELECT 1 FROM mysql.user WHERE User='monitor'", [
            "CREATE USER monitor@localhost IDENTIFIED BY 'lab-monitor-password'", "GRANT PROCESS ON *.* TO monitor@localhost"])
        sql("Schema", "SHOW TABLES FROM app LIKE 'greeting'", [
            "CREATE TABLE app.greeting (id INT PRIMARY KEY, text VARCHAR(100) NOT NULL)",
            "INSERT INTO app.greeting VALUES (1, 'hello from the database')"])
    else:
        sql("Replicate", "SHOW SLAVE STATUS", [
            "CHANGE MASTER TO MASTER_HOST='10.77.0.12', MASTER_USER='repl', MASTER_PASSWORD='lab-repl-password', MASTER_USE_GTID=slave_pos",
            "START SLAVE"])
    # app
    apt.packages(name="gunicorn", packages=["gunicorn", "python3-pymysql"], no_recommends=True)
    server.group(name="app group", group="app", system=True)
    server.user(name="app user", user="app", group="app", system=True, home="/opt/app", ensure_home=False, shell="/usr/sbin/nologin")
    files.directory(name="App folder", path="/opt/app", mode="755")
    app = [
        put(R + "app/files/wsgi.py", "/opt/app/wsgi.py"),
        put(R + "app/files/gunicorn.conf.py", "/opt/app/gunicorn.conf.py"),
        text("/etc/app.env", "DB_SOCKET=/run/mysqld/mysqld.sock\nDB_USER=app\nDB_PASSWORD=lab-app-password\nDB_NAME=app\n", group="app", mode="640"),
        put(R + "app/templates/app.service.j2", "/etc/systemd/system/app.service"),
    ]
    ch = any(o.changed for o in app)
    systemd.service(name="Run the app", service="app", enabled=True, restarted=ch, daemon_reload=ch)
    # nginx
    apt.packages(name="nginx", packages=["nginx"], no_recommends=True)
    files.directory(name="TLS folder", path="/etc/nginx/tls", mode="700")
    ng = [
        put(PKI + f"{NAME}.crt", "/etc/nginx/tls/server.crt"),
        put(PKI + f"{NAME}.key", "/etc/nginx/tls/server.key", mode="600"),
        put(R + "nginx/files/tuning.conf", "/etc/nginx/conf.d/tuning.conf"),
        files.template(name="Site", src="site.conf.j2", dest="/etc/nginx/sites-available/app.conf", mode="644",
                       app_domain="app.example.test", inventory_hostname=NAME),
        files.link(name="Enable the site", path="/etc/nginx/sites-enabled/app.conf", target="/etc/nginx/sites-available/app.conf"),
        files.link(name="Disable the default site", path="/etc/nginx/sites-enabled/default", present=False),
    ]
    systemd.service(name="Run nginx", service="nginx", enabled=True, reloaded=any(o.changed for o in ng))
else:
    apt.packages(name="HAProxy", packages=["haproxy"], no_recommends=True)
    files.directory(name="TLS folder", path="/etc/haproxy/tls", mode="700")
    ha = [
        put(PKI + "lb1.pem", "/etc/haproxy/tls/lb.pem", mode="600"),
        put(PKI + "ca.crt", "/etc/haproxy/tls/ca.crt"),
        put(R + "haproxy/files/503.http", "/etc/haproxy/errors/503-farm.http"),
        files.template(name="HAProxy", src="haproxy.cfg.j2", dest="/etc/haproxy/haproxy.cfg", mode="644",
                       groups={"servers": ["srv1", "srv2", "srv3"]}, hostvars={n: {"ansible_host": a} for n, a in FARM.items()},
                       app_domain="app.example.test"),
    ]
    systemd.service(name="Run HAProxy", service="haproxy", enabled=True, reloaded=any(o.changed for o in ha))
