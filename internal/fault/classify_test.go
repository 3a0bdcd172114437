package fault

import (
	"strings"
	"testing"
)

// TestClassify reads what programs print: apt 2.6 and 3.0, dpkg 1.21, certbot's
// details as the step prints them, HAProxy, nginx, gunicorn. Most was recorded; of
// the authority's refusals (but those of pebble), of full inodes, of a wrong clock
// and of dpkg on a full disk the words are those of the documentation.
func TestClassify(t *testing.T) {
	for _, c := range []struct {
		code   Code
		kind   string
		status int
		said   string
		reason string // the line that tells; "" when the status does
	}{
		{"PKG01", "packages", 100, "Reading package lists...\nE: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 3653 (python3)\n" +
			"E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?", "E: Unable to acquire"},
		{"PKG01", "packages", 2, "dpkg: error: dpkg frontend lock was locked by another process with pid 3653\n" +
			"Note: removing the lock file is always wrong, can damage the locked area\nand the entire system. See <https://wiki.debian.org/Teams/Dpkg/FAQ#db-lock>.", "dpkg: error"},
		// The lock was waited for and is no reason any more.
		{"PKG05", "packages", 100, "Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1 (apt)...\nE: Unable to locate package no-such-package", "E: Unable to locate"},
		{"PKG05", "packages", 100, "Building dependency tree...\nPackage tree is not available, but is referred to by another package.\nE: Package 'tree' has no installation candidate", "E: Package 'tree'"},
		{"PKG02", "packages", 100, "Err:1 http://127.0.0.1:1/debian trixie InRelease\n  Could not connect to 127.0.0.1:1 (127.0.0.1). - connect (111: Connection refused)\nReading package lists...\n" +
			"W: Failed to fetch http://127.0.0.1:1/debian/dists/trixie/InRelease  Could not connect to 127.0.0.1:1 (127.0.0.1). - connect (111: Connection refused)\n" +
			"W: Some index files failed to download. They have been ignored, or old ones used instead.\nE: Unable to locate package tree", "W: Some index files"},
		{"PKG02", "packages", 100, "E: Failed to fetch http://127.0.0.1:18099/./plain.deb  404  File not found [IP: 127.0.0.1 18099]\nE: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?", "E: Unable to fetch"},
		{"HOST06", "packages", 100, "  Could not resolve 'mirror.invalid'\nReading package lists...\nW: Failed to fetch http://mirror.invalid/debian/dists/trixie/InRelease  Could not resolve 'mirror.invalid'\n" +
			"W: Some index files failed to download. They have been ignored, or old ones used instead.\nE: Unable to locate package tree", "W: Failed to fetch http://mirror.invalid"},
		{"HOST06", "deb-file", 6, "curl: (6) Could not resolve host: packages.example.com", "curl: (6)"},
		{"PKG03", "packages", 100, "Building dependency tree...\nE: The package grumpy needs to be reinstalled, but I can't find an archive for it.", "E: The package grumpy"},
		{"PKG03", "packages", 100, "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem. ", "E: dpkg was interrupted"},
		{"PKG03", "packages", 100, "(Reading database ... dpkg: unrecoverable fatal error, aborting:\n unknown system user 'nosuch' in statoverride file; the system user got removed\nbefore the override, which is most probably a packaging bug, to recover you\ncan remove the override manually with dpkg-statoverride\nE: Sub-process /usr/bin/dpkg returned an error code (2)", "unknown system user"},
		{"PKG03", "packages", 2, "dpkg: error: parsing file '/var/lib/dpkg/status' near line 0:\n end of file after field name ''", "dpkg: error: parsing"},
		{"PKG06", "packages", 100, "dpkg: error processing package zzz (--configure):\n dependency problems - leaving unconfigured\nE: Packages need to be removed but remove is disabled.", "E: Packages need"},
		{"PKG04", "packages", 1, "Setting up grumpy (1) ...\ncannot do it\ndpkg: error processing package grumpy (--configure):\n installed grumpy package post-installation script subprocess returned error exit status 3\nErrors were encountered while processing:\n grumpy", "installed grumpy package"},
		{"PKG06", "packages", 100, "E: Held packages were changed and -y was used without --allow-change-held-packages.", "E: Held packages"},
		{"PKG06", "packages", 100, "The following packages have unmet dependencies:\n needy : Depends: nothere (>= 2) but it is not installable\nE: Unable to correct problems, you have held broken packages.", "E: Unable to correct"},
		{"PKG07", "packages", 100, "  The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 900B43E894B488F9\nReading package lists...\n" +
			"W: GPG error: http://127.0.0.1:18099 ./ InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 900B43E894B488F9\nE: The repository 'http://127.0.0.1:18099 ./ InRelease' is not signed.", "E: The repository"},
		{"PKG08", "packages", 100, "E: Failed to fetch http://127.0.0.1:18099/./plain.deb  File has unexpected size (17 != 640). Mirror sync in progress? [IP: 127.0.0.1 18099]\n   Hashes of expected file:\nE: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?", "E: Failed to fetch"},
		{"PKG08", "deb-file", 110, "the file fetched has the digest 1234, not 5678 as monitoring.package.sha256 says", ""},
		{"HOST03", "packages", 100, "Reading package lists...\nE: Release file for http://127.0.0.1:18099/./InRelease is not valid yet (invalid for another 2d 23h 59min 50s). Updates for this repository will not be applied.", "E: Release file"},
		{"HOST03", "packages", 100, "E: Release file for http://127.0.0.1:18099/./InRelease is expired (invalid since 2d 0h 0min 0s). Updates for this repository will not be applied.", "E: Release file"},
		{"HOST02", "packages", 100, "dpkg: error processing archive /var/cache/apt/archives/x.deb (--unpack):\n cannot copy extracted data for './usr/bin/x' to '/usr/bin/x.dpkg-new': failed to write (No space left on device)\n" +
			"dpkg-deb: error: paste subprocess was killed by signal (Broken pipe)\nErrors were encountered while processing:\n /var/cache/apt/archives/x.deb\nE: Sub-process /usr/bin/dpkg returned an error code (1)", "cannot copy extracted data"},
		{"HOST02", "packages", 100, "E: You don't have enough free space in /var/cache/apt/archives/.", "E: You don't"},
		{"HOST04", "file", 1, "cat: cannot create /etc/nginx/.foobar-12345678-nginx.conf: Read-only file system", "cat: cannot create"},
		{"HOST09", "file", 1, "mv: cannot move '/etc/nginx/.foobar-12345678-nginx.conf' to '/etc/nginx/nginx.conf': Operation not permitted", "mv: cannot move"},
		{"HOST09", "block", 2, "/bin/sh: 20: cannot create /etc/hosts: Operation not permitted", "/bin/sh: 20"},
		{"HOST09", "packages", 100, "dpkg: error processing archive x.deb (--unpack):\n unable to make backup link of './usr/sbin/nginx' before installing new version: Operation not permitted", "unable to make"},
		{"HOST14", "user", 1, "useradd: existing lock file /etc/passwd.lock without a PID\nuseradd: cannot lock /etc/passwd; try again later.", "useradd: cannot lock"},
		{"HOST14", "packages", 100, "Setting up mariadb-server (1:10.11) ...\nuseradd: cannot lock /etc/passwd; try again later.\nadduser: `/sbin/useradd -d /nonexistent mysql' returned error code 1. Exiting.\n installed mariadb-server package post-installation script subprocess returned error exit status 82", "useradd: cannot lock"},
		{"HOST02", "service", 1, "Reload daemon failed: Refusing to reload, not enough space available on /run/systemd. Currently, 3.9M are free, but a safety buffer of 16.0M is enforced.", "Reload daemon failed"},
		{"HOST13", "packages", 100, "W: GPG error: http://mirror.example/debian bookworm InRelease: Couldn't create temporary file /tmp/apt.conf.YElXF2 for passing config to apt-key\nE: The repository 'http://mirror.example/debian bookworm InRelease' is not signed.\nE: Unable to locate package nginx", "W: GPG error"},
		{"HOST13", "service", 102, "[ERROR] mariadbd: Can't create/write to file '/tmp/ib2Jq1' (Errcode: 13 \"Permission denied\")", "[ERROR]"},
		{"HOST02", "service", 102, "[ERROR] mariadbd: Can't create/write to file '/tmp/ib2Jq1' (Errcode: 28 \"No space left on device\")", "[ERROR]"},
		{"HOST13", "custom", 2, "sh: 3: cannot create /dev/null: Permission denied", "sh: 3"},
		{"HOST09", "user", 1, "useradd: failure while writing changes to /etc/passwd", "useradd"},
		{"RUN07", "service", 1, "Failed to set unit properties: Operation not permitted", ""},
		{"HOST05", "database", 1, "2026-01-02  3:04:05 0 [ERROR] InnoDB: Cannot allocate memory for the buffer pool", "2026-01-02"},
		{"HOST05", "packages", 137, "Setting up x (1) ...\nKilled", ""},
		{"HOST07", "custom", 127, "sh: 1: socat: not found", ""},
		{"HOST08", "file", 1, "foobar: will not write /srv/x/y as root: /srv/x is app:app with the mode 0755, so that others than root can put links there", "foobar: will not write"},

		{"ACME01", "acme", 106, "no certificate for www.example.com; more in /var/log/letsencrypt/letsencrypt.log; the reason:\nwww.example.com: DNS problem: NXDOMAIN looking up A for www.example.com - check that a DNS record exists for this domain; DNS problem: NXDOMAIN looking up AAAA for www.example.com - check that a DNS record exists for this domain", "www.example.com: DNS"},
		{"ACME01", "acme", 106, "the reason:\nwww.example.com: no valid A records found for www.example.com; no valid AAAA records found for www.example.com", "www.example.com: no valid"},
		{"ACME02", "acme", 106, "the reason:\nwww.example.com: 203.0.113.10: Fetching http://www.example.com/.well-known/acme-challenge/x: Timeout during connect (likely firewall problem)", "www.example.com: 203"},
		{"ACME02", "acme", 106, `the reason:
shut.foobar.com: Get "http://shut.foobar.com:80/.well-known/acme-challenge/2ffI": dial tcp 10.77.0.11:80: connect: connection refused`, "shut.foobar.com: Get"},
		{"ACME02", "acme", 106, `the reason:
www.example.com: 203.0.113.10: Invalid response from http://www.example.com/.well-known/acme-challenge/x: 404`, "www.example.com: 203"},
		{"ACME03", "acme", 106, "the reason:\nAn unexpected error occurred:\nError creating new order :: too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s, retry after 2026-01-02 03:04:05 UTC: see https://letsencrypt.org/docs/rate-limits/#new-certificates-per-exact-set-of-identifiers", "Error creating new order"},
		{"ACME03", "acme", 106, "the reason:\nAn unexpected error occurred:\ntoo many failed authorizations (5) for \"www.example.com\" in the last 1h0m0s, retry after 2026-01-02 03:04:05 UTC: see https://letsencrypt.org/docs/rate-limits/#authorization-failures-per-identifier-per-account", "too many failed"},
		{"ACME04", "acme", 106, "the reason:\nwww.example.com: CAA record for www.example.com prevents issuance", ""},
		{"ACME05", "acme", 106, "the reason:\nrequests.exceptions.ConnectionError: HTTPSConnectionPool(host='127.0.0.1', port=1): Max retries exceeded with url: /dir (Caused by NewConnectionError('<urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused'))", "requests.exceptions"},
		{"ACME05", "acme", 106, "the reason:\nAn unexpected error occurred:\nValueError: Requesting 127.0.0.1/dir: Connection refused", "ValueError"},

		{"SVC01", "service", 102, "[ALERT]    (712) : Binding [/etc/haproxy/haproxy.cfg:30] for frontend http: cannot bind socket (Address already in use) for [0.0.0.0:80]", "[ALERT]"},
		{"SVC01", "service", 103, "nginx: [emerg] bind() to 0.0.0.0:443 failed (98: Address already in use)\nnginx: [emerg] still could not bind()", "nginx: [emerg] bind()"},
		{"SVC01", "service", 102, "[2026-01-02 03:04:05 +0000] [712] [ERROR] Connection in use: ('127.0.0.1', 9000)\nOSError: [Errno 98] Address already in use", "OSError"},
		{"SVC20", "service", 103, "[2026-01-02 03:04:05 +0000] [713] [ERROR] Error handling request /healthz\nTraceback (most recent call last):\n    respiter = self.wsgi(environ, resp.start_response)\nTypeError: FastAPI.__call__() missing 1 required positional argument: 'send'", "TypeError: FastAPI"},
		{"SVC20", "service", 103, "TypeError: create_app() takes from 0 to 1 positional arguments but 2 were given", "TypeError: create_app"},
		{"SVC07", "service", 102, "[2026-01-02 03:04:05 +0000] [713] [ERROR] Exception in worker process\nTraceback (most recent call last):\n  File \"/srv/foobar/current/wsgi.py\", line 1, in <module>\nModuleNotFoundError: No module named 'flask'\n[2026-01-02 03:04:05 +0000] [712] [ERROR] Reason: Worker failed to boot.", "ModuleNotFoundError"},
		{"SVC09", "service", 102, "  File \"/srv/foobar/current/wsgi.py\", line 3, in <module>\nOSError: [Errno 30] Read-only file system: '/srv/foobar/releases/0123456789ab/uploads'\n[2026-01-02 03:04:05 +0000] [712] [ERROR] Reason: Worker failed to boot.", "OSError: [Errno 30]"},
		{"SVC09", "service", 102, "OSError: [Errno 30] Read-only file system: 'cache'", "OSError"},
		{"SVC09", "service", 102, "sqlite3.OperationalError: unable to open database file", "sqlite3"},
		{"SVC09", "migrated", 102, "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) attempt to write a readonly database", "sqlalchemy"},
		{"SVC09", "migrated", 102, "django.db.utils.OperationalError: unable to open database file", "django"},
		// Where the app may write, it is the host's disk.
		{"HOST04", "service", 102, "OSError: [Errno 30] Read-only file system: '/var/lib/foobar-app/x'", "OSError"},
		{"SVC10", "service", 102, "PermissionError: [Errno 1] Operation not permitted", "PermissionError"},
		{"SVC10", "service", 102, "FileNotFoundError: [Errno 2] No such file or directory: '/proc/meminfo'", "FileNotFoundError"},
		{"SVC10", "service", 102, "MemoryError: Cannot allocate write+execute memory for ffi.callback(). You might be running on a system that prevents this.", "MemoryError"},
		{"SVC10", "service", 102, "app.service: Main process exited, code=exited, status=226/NAMESPACE\napp.service: Failed with result 'exit-code'.", "app.service: Main"},
		{"SVC11", "service", 102, "app.service: A process of this unit has been killed by the OOM killer.\napp.service: Main process exited, code=killed, status=9/KILL\napp.service: Failed with result 'oom-kill'.", "app.service: Failed"},
		{"HOST05", "service", 102, "mariadb.service: Failed with result 'oom-kill'.", "mariadb.service"},
		{"SVC12", "service", 102, "  File \"/usr/lib/python3.13/threading.py\", line 973, in start\nRuntimeError: can't start new thread", "RuntimeError"},
		{"SVC12", "service", 102, "OpenBLAS blas_thread_init: pthread_create failed for thread 2 of 8: Resource temporarily unavailable", "OpenBLAS"},
		{"SVC17", "file", 101, "nginx: [emerg] unknown directive \"foo\" in /etc/nginx/.foobar-x-nginx.conf:133\nweb.snippet: /ops/nginx.snippet:3: unknown directive \"foo\"", "web.snippet: /ops"},
		{"PKG09", "release", 1, "ERROR: Could not find a version that satisfies the requirement flaskk (from versions: none)\nERROR: No matching distribution found for flaskk", "ERROR: No matching"},
		{"PKG09", "release", 1, "  error: subprocess-exited-with-error\n  note: This error originates from a subprocess, and is likely not a problem with pip.\nERROR: Failed to build 'mysqlclient' when getting requirements to build wheel", "ERROR: Failed to build"},
		{"PKG09", "release", 1, "  error: subprocess-exited-with-error\n  ╰─> [3 lines of output]\n      ERROR: No matching distribution found for wheel\n      [end of output]\nerror: subprocess-exited-with-error\n╰─> See above for output.", "ERROR: No matching distribution found for wheel"},
		{"PKG09", "release", 1, "ERROR: Package 'mysite' requires a different Python: 3.11.2 not in '>=3.99'", "ERROR: Package 'mysite'"},
		{"PKG09", "release", 1, "  ERROR: Error [Errno 2] No such file or directory: 'git' while executing command git version\nERROR: Cannot find command 'git' - do you have 'git' installed and in your PATH?", "ERROR: Cannot find"},
		{"PKG09", "release", 1, "ERROR: foo-1-cp99-cp99-win_amd64.whl is not a supported wheel on this platform.", "ERROR: foo-1"},
		{"PKG09", "release", 1, "ERROR: Directory './nd' is not installable. Neither 'setup.py' nor 'pyproject.toml' found.", "ERROR: Directory"},
		{"PKG09", "release", 1, "ERROR: pyproject.toml: Invalid statement (at line 1, column 1)", "ERROR: pyproject"},
		{"PKG09", "release", 1, "error: metadata-generation-failed\n╰─> See above for output.", "error: metadata"},
		{"HOST06", "release", 1, "WARNING: Retrying after connection broken by 'NameResolutionError(\"Failed to resolve 'pypi.org' ([Errno -3] Temporary failure in name resolution)\")': /simple/flask/\nERROR: Could not find a version that satisfies the requirement flask (from versions: none)\nERROR: No matching distribution found for flask", "WARNING: Retrying"},
		{"DB24", "database", 1, "ERROR 1045 (28000): Access denied for user 'foobar_app'@'10.0.0.12' (using password: YES)", "ERROR 1045"},
		{"SVC02", "file", 101, "nginx: [emerg] unknown directive \"garbage\" in /etc/nginx/nginx.conf:3", ""},
		{"RUN07", "custom", 1, "something that nobody has seen before", ""},
		// What a resource of another kind prints about packages is not apt's.
		{"RUN07", "custom", 1, "E: Unable to locate package x", ""},
	} {
		code, reason := Classify(Output{Kind: c.kind, Status: c.status, Lines: strings.Split(c.said, "\n")})
		if code != c.code || !strings.HasPrefix(reason, c.reason) || c.reason == "" && reason != "" {
			t.Errorf("%s for %q, not %s for %q:\n%s", code, reason, c.code, c.reason, c.said)
		}
	}
}

// TestShell: the status that shell ends with is the one that is read.
func TestShell(t *testing.T) {
	for i, code := range known() {
		if got := Shell(code); got != "exit "+map[int]string{0: "101", 1: "102"}[i] && i < 2 {
			t.Errorf("%s: %s", code, got)
		}
		if got, _ := Classify(Output{Status: firstStatus + i}); got != code {
			t.Errorf("%s is read as %s", code, got)
		}
	}
	if firstStatus+len(known()) > 124 {
		t.Error("the statuses run into timeout's")
	}
	if Shell(Usage) != "exit 1" {
		t.Error("a code that no shell knows has a status")
	}
}
