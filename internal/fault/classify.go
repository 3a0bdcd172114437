package fault

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Output is what a step on a host left behind when it failed.
type Output struct {
	// Kind is the kind of the resource: "packages", "service", "acme"…
	Kind string
	// Status is the step's exit status.
	Status int
	// Lines are the last lines it printed, without control characters.
	Lines []string
}

// Shell is shell that ends a step which failed in a known way, with the exit status
// by which Classify knows the code.
func Shell(code Code) string {
	for i, c := range known() {
		if c == code {
			return "exit " + strconv.Itoa(firstStatus+i)
		}
	}
	return "exit 1"
}

// firstStatus is the first of the exit statuses that stand for codes. Programs
// use others: those of curl end at 99, those from 124 up are timeout's and the
// shell's.
const firstStatus = 101

// known are the failures that foobar's own shell knows by name.
func known() []Code {
	return []Code{ConfigRejected, ServiceDead, NotReady, Unhealthy, ProvedTooLate, AuthorityRefused,
		SourceUnreached, ReplicaBehind, ForeignData, PackageDamaged, ToolMissing, DrainFailed,
		BalancerReverted, CheckReverted, RequestsFailed, WebReverted, DataStale, ReplicaBroken}
}

// rule recognises a failure by a line of output.
type rule struct {
	code Code
	// kinds are the resources whose output it is looked for in; none means all.
	kinds []string
	words *regexp.Regexp
}

// Classify says which failure a step's output shows, and the line that shows
// it: what the step itself knows, unless a line tells a deeper reason (a full
// disk, a port that is taken). Without either it is StepFailed.
func Classify(o Output) (Code, string) {
	base := StepFailed
	if i := o.Status - firstStatus; i >= 0 && i < len(known()) {
		base = known()[i]
	}
	for _, r := range rules() {
		if len(r.kinds) > 0 && !slices.Contains(r.kinds, o.Kind) {
			continue
		}
		// The last line that fits: what came before it may have been mended.
		for i := len(o.Lines) - 1; i >= 0; i-- {
			if r.words.MatchString(o.Lines[i]) {
				return r.code, strings.TrimSpace(o.Lines[i])
			}
		}
	}
	switch {
	case base != StepFailed:
	case o.Status == 137:
		base = OutOfMemory // nobody else sends this signal to a step
	case o.Status == 127:
		base = ToolMissing
	}
	return base, ""
}

// rules are tried in order: reasons that lie under others come first. The words
// are those of the programs in the C locale. Sources: errno(3); apt 2.9 and 3.0
// (apt-pkg/*.cc, methods/*.cc), dpkg 1.22 (src/main/*.c), HAProxy 3.0, nginx 1.26
// and gunicorn on bind(2), certbot 4.0 and boulder's problem types (RFC 8555, 6.7).
var rules = sync.OnceValue(func() []rule {
	re := regexp.MustCompile
	acme, aptKinds := []string{"acme"}, []string{"packages", "deb", "deb-file"}
	app := []string{"service", "release", "migrated"}
	return []rule{
		{UnsafeFolder, nil, re(`^foobar: will not write .* as root: `)}, // sh.Files
		{SnippetRejected, nil, re(`^(web|lb)\.snippet: `)},
		// The app's own, and systemd's of it, before the same words about the host.
		{NotWritable, app, re(`\[Errno 30\] Read-only file system: b?['"]([^/]|/(etc|opt|run|srv|usr|var/(cache|log|www))/)`)},
		{NotWritable, app, re(`OperationalError[:)] (unable to open database file|attempt to write a readonly database)`)},
		{AppMemory, app, re(`^app[A-Za-z0-9@._-]*\.service: .*(oom-kill|OOM killer)`)},
		{AppTasks, app, re(`can't start new thread|BlockingIOError: \[Errno 11\]|^OpenBLAS .*Resource temporarily unavailable`)},
		{Forbidden, app, re(`PermissionError: \[Errno 1\]|\[Errno 97\] Address family not supported|No such file or directory: b?['"]/proc/|(?i)write\+execute memory|executable memory|cannot enable executable stack`)},
		{Forbidden, app, re(`^app[A-Za-z0-9@._-]*\.service: .*status=22[68]/(NAMESPACE|SECCOMP)`)},
		{DiskFull, nil, re(`No space left on device|Disk quota exceeded|You don't have enough free space|not enough free disk space|not enough space available on `)},
		{ReadOnlyDisk, nil, re(`Read-only file system`)},
		{Immutable, nil, re(`^(/bin/)?(sh|cat|chgrp|chmod|chown|cp|dpkg|find|install|ln|mkdir|mktemp|mv|rm|rmdir|sed|tar|touch|update-rc\.d|usermod|useradd|groupadd): .*Operation not permitted|^ *(unable|cannot) .*: Operation not permitted`)},
		{Immutable, nil, re(`^(useradd|usermod|groupadd): (cannot open|failure while writing changes to|cannot rewrite) /etc/`)},
		{OutOfMemory, nil, re(`Cannot allocate memory|Out of memory|oom-kill|status=9/KILL.*oom`)},
		{AccountsLocked, nil, re(`^(user|group)(add|mod|del): cannot lock /etc/`)},
		{PlaceClosed, nil, re(`Couldn't create temporary file /tmp/|Can't create/write to file '/tmp/[^']*' \(Errcode: 13|(cannot create|Couldn't open|:) /dev/null: Permission denied`)},

		{ClockOff, nil, re(`is not valid yet \(invalid for another|Release file .* is expired|certificate is not yet valid|Not live until`)},
		{AptLocked, aptKinds, re(`^(E|Error): (Could not get lock|Unable to (acquire|lock))|lock was locked by another process`)},
		{MirrorUntrusted, aptKinds, re(`NO_PUBKEY|EXPKEYSIG|BADSIG|is not signed|Missing key [0-9A-F]+|signatures? (couldn't|could not|were invalid)|Sub-process /usr/bin/sqv returned`)},
		{PackageDamaged, aptKinds, re(`Hash Sum mismatch|File has unexpected size`)},
		{HostDNS, nil, re(`Temporary failure (resolving|in name resolution)|Could not resolve (host|')|Name or service not known`)},
		{MirrorDown, aptKinds, re(`Failed to fetch|Some index files failed to download|Unable to fetch some archives|does not have a Release file|Could not connect to|Connection timed out|The requested URL returned error|Failed to connect to \S+ port`)},
		// After the sources: a list that was not fetched lacks packages.
		{PackageUnknown, aptKinds, re(`Unable to locate package|has no installation candidate|Couldn't find any package by`)},
		{PackageConflict, aptKinds, re(`unmet dependencies|held broken packages|Held packages were changed|pkgProblemResolver|Conflicts:|apt would remove|Unable to satisfy dependencies|remove is disabled`)},
		{PackageScript, aptKinds, re(`(pre|post)-(installation|removal) script subprocess (returned error|failed|was killed)|old package .* maintainer script`)},
		{DpkgInterrupted, aptKinds, re(`dpkg was interrupted|dpkg --configure -a|is in a very bad inconsistent state|needs to be reinstalled, but I can't find an archive|dependency problems - leaving unconfigured|in statoverride file|is missing final newline|error: parsing file '/var/lib/dpkg/`)},

		{RateLimited, acme, re(`rateLimited|too many (certificates|failed authorizations|requests|new orders|currently pending)|Rate ?limit`)},
		{NameUnresolved, acme, re(`NXDOMAIN|SERVFAIL looking up|no valid A(AAA)? records?|no valid IP addresses|No valid IP addresses|DNS problem`)},
		{AuthorityAway, acme, re(`Max retries exceeded|ValueError: Requesting .*: |Failed to establish a new connection|CERTIFICATE_VERIFY_FAILED|certificate verify failed|ConnectionError|Read timed out|Remote end closed`)},
		{ChallengeFailed, acme, re(`Timeout during connect|[Cc]onnection (refused|reset)|dial tcp|i/o timeout|Error getting validation data|Invalid response from|Fetching http|firewall problem`)},

		// After the names that do not resolve and the full disk, which pip reports, too.
		// What pip ran for a package says it further in; pip's own words say only that something failed.
		{PythonPackage, nil, re(`^\s*(ERROR|error): (Could not find a version that satisfies|No matching distribution found|Could not open requirements|Invalid requirement|Failed (building|to build)|ResolutionImpossible|Cannot install|THESE PACKAGES DO NOT MATCH|Hashes are required|In --require-hashes mode|externally-managed-environment|.*Requires-Python|` +
			`Package '.*' requires a different Python|Cannot find command '|.* is not a (supported wheel|valid wheel filename)|Directory '.*' is not installable|pyproject\.toml|Python reads pyproject)`)},
		{PythonPackage, nil, re(`^(ERROR|error): (subprocess-exited-with-error|metadata-generation-failed)`)},
		{ModuleMissing, nil, re(`(ModuleNotFoundError|ImportError): No module named `)},
		{OtherServer, []string{"service"}, re(`TypeError: .*\(\) missing 1 required positional argument: '(send|start_response)'|TypeError: (create|make|get|build)\w*app\w*\(\) takes .* positional arguments? but [1-3] w`)},
		{LoginRefused, nil, re(`Access denied for user '`)},
		{PortTaken, nil, re(`(?i)address already in use|cannot bind (socket|to)|bind\(\) to .* failed`)},
	}
})
