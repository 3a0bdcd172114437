package fault

// The command line.
const (
	Usage     Code = "CLI01" // a command, flag or argument is not understood
	NoSuch    Code = "CLI02" // a host, role, section or code that is named does not exist
	CannotAsk Code = "CLI03" // a question that nobody is there to answer
	LocalFile Code = "CLI04" // a file of this machine cannot be read or written
	AppSource Code = "CLI05" // app.source lacks the program, or cannot be packed
)

// The inventory.
const (
	InventoryUnread Code = "INV01" // the file cannot be read
	Syntax          Code = "INV02" // it is not TOML
	UnknownKey      Code = "INV03" // a key that no one asks for
	WrongType       Code = "INV04" // a text where a number is wanted
	WrongValue      Code = "INV05" // out of range, or of the wrong form
	Lacking         Code = "INV06" // something that must be said is not
	PathMissing     Code = "INV07" // a file or folder that it names is not there
	Contradiction   Code = "INV08" // right one by one, wrong together
	NotAllowed      Code = "INV09" // its commands may not run on this machine
)

// Secrets.
const (
	EnvUnset      Code = "SEC01" // the environment variable is not set
	SecretMissing Code = "SEC02" // the file is not there or cannot be read
	CommandFailed Code = "SEC03" // the command that gives it failed
	SecretOpen    Code = "SEC04" // others can read the file
	SecretBad     Code = "SEC05" // it is empty, too long or no text
	CommandSlow   Code = "SEC06" // the command did not end in time
	MasterMissing Code = "SEC07" // the master secret is not there
	MasterDamaged Code = "SEC08" // the master secret cannot be used
	MasterOther   Code = "SEC09" // the hosts were deployed with another master secret
)

// Certificates: of one's own, and from an authority.
const (
	CertificateBad   Code = "TLS01"  // the certificate or the key is not PEM
	KeyMismatch      Code = "TLS02"  // the key belongs to another certificate
	NameNotCovered   Code = "TLS03"  // the certificate is for other names
	CertificateTime  Code = "TLS04"  // the certificate has expired, or is not valid yet
	CertificateEnds  Code = "TLS05"  // a certificate in use has expired, or is about to
	NameUnresolved   Code = "ACME01" // the site's name has no address
	ChallengeFailed  Code = "ACME02" // the authority did not reach the site
	RateLimited      Code = "ACME03" // the certificate authority's rate limit is reached
	AuthorityRefused Code = "ACME04" // another refusal
	AuthorityAway    Code = "ACME05" // the authority cannot be reached
)

// Reaching a host, and becoming root there.
const (
	Unreachable    Code = "SSH01" // nothing answers
	PortClosed     Code = "SSH02" // the connection is refused
	AddressUnknown Code = "SSH03" // the address is a name that does not resolve
	KeyRefused     Code = "SSH04" // no key is accepted
	TooManyKeys    Code = "SSH05" // the server gave up before the right key
	NoKey          Code = "SSH06" // there is no key to offer
	KeyLocked      Code = "SSH07" // the key is encrypted and was not opened
	HostKeyUnknown Code = "SSH08" // the host key is not known
	HostKeyChanged Code = "SSH09" // the host shows another key than before
	JumpFailed     Code = "SSH10" // the way over the jump host fails
	ProxyFailed    Code = "SSH11" // the proxy command fails
	NotSSH         Code = "SSH12" // what listens speaks no SSH, or broke off
	NoShell        Code = "SSH13" // no usable shell after the login
	ConnectionLost Code = "SSH14" // the connection broke on the way
	SSHSettings    Code = "SSH15" // the settings for ssh are wrong
	NoSFTP         Code = "SSH16" // the host has no sftp-server
	TooMuchOutput  Code = "SSH17" // a script printed too much output
	HostSilent     Code = "SSH18" // the host lets us wait for an answer
	MoreThanKey    Code = "SSH19" // the server wants something else than a key, or more
	NoAlgorithm    Code = "SSH20" // the server and foobar share no algorithm of a kind

	SudoMissing  Code = "SUDO01" // there is no sudo
	SudoAsks     Code = "SUDO02" // it wants a password
	SudoPassword Code = "SUDO03" // it does not take the password
	SudoRefuses  Code = "SUDO04" // the user may not use it
	NotRoot      Code = "SUDO05" // the login is not root, and sudo is off
	SudoFailed   Code = "SUDO06" // it failed in another way
)

// The run as a whole.
const (
	HostLocked      Code = "RUN01" // another run holds the host
	PlanStale       Code = "RUN02" // hosts changed since the plan was saved
	PlanInventory   Code = "RUN03" // the inventory changed since the plan was saved
	PlanUnreadable  Code = "RUN04" // the saved plan cannot be used
	StepTimeout     Code = "RUN05" // a step took too long
	NotConverged    Code = "RUN06" // the second look found it unchanged
	StepFailed      Code = "RUN07" // a step failed in a way not known here
	Skipped         Code = "RUN08" // something it waits for failed
	OtherSite       Code = "RUN09" // the host belongs to another site
	LedgerDamaged   Code = "RUN10" // the host's list of what foobar owns is damaged
	AnswerCut       Code = "RUN11" // the host's answer was cut off
	CannotBePlanned Code = "RUN12" // what was seen leaves a doubt only a person can settle
	Drifted         Code = "RUN13" // a host is not as the inventory says
	NotProven       Code = "RUN14" // a check could not be made
)

// A host's system and its packages.
const (
	UnsupportedOS Code = "HOST01" // not a system that the roles are for
	DiskFull      Code = "HOST02" // no space left
	ClockOff      Code = "HOST03" // the clock is wrong
	ReadOnlyDisk  Code = "HOST04" // the file system is read-only
	OutOfMemory   Code = "HOST05" // a program was ended for want of memory
	HostDNS       Code = "HOST06" // the host resolves no names
	ToolMissing   Code = "HOST07" // a program is not installed
	UnsafeFolder  Code = "HOST08" // others can change a folder that root would write to
	Immutable     Code = "HOST09" // not even root may change a file or folder
	RebootDue     Code = "HOST10" // it needs a reboot
	NotItsAddress Code = "HOST11" // it does not have the address that the inventory says
	PeersApart    Code = "HOST12" // hosts of the site do not reach each other
	PlaceClosed   Code = "HOST13" // only root can use a place that every program needs

	AccountsLocked Code = "HOST14" // a lock keeps accounts from being changed

	AptLocked       Code = "PKG01" // another apt or dpkg holds the lock
	MirrorDown      Code = "PKG02" // a package source does not answer
	DpkgInterrupted Code = "PKG03" // dpkg was cut off and cannot finish
	PackageScript   Code = "PKG04" // a package's own script failed
	PackageUnknown  Code = "PKG05" // no source has the package
	PackageConflict Code = "PKG06" // packages exclude one another
	MirrorUntrusted Code = "PKG07" // a package source's signature is not accepted
	PackageDamaged  Code = "PKG08" // a package is not what its digest says
	PythonPackage   Code = "PKG09" // pip cannot install what the app requires
)

// Services.
const (
	PortTaken      Code = "SVC01" // another program listens on the port
	ConfigRejected Code = "SVC02" // the checker refuses the configuration
	ServiceDead    Code = "SVC03" // the service does not start or does not stay
	NotReady       Code = "SVC04" // it runs, and did not answer in time
	Unhealthy      Code = "SVC05" // the load balancer marks a server as down
	DrainFailed    Code = "SVC06" // a server could not be taken out or put back
	ModuleMissing  Code = "SVC07" // the app imports a module that is not installed
	NearLimit      Code = "SVC08" // a service is near a limit
	NotWritable    Code = "SVC09" // the app writes where its sandbox lets it only read
	Forbidden      Code = "SVC10" // the app's sandbox forbids what it does
	AppMemory      Code = "SVC11" // the app needs more memory than it may have
	AppTasks       Code = "SVC12" // the app needs more processes and threads than it may have
	LastServer     Code = "SVC13" // no other server would be left to answer visitors

	BalancerReverted Code = "SVC14" // the balancer's change was taken back
	CheckReverted    Code = "SVC15" // servers do not answer the new health check, so the old one stays
	RequestsFailed   Code = "SVC16" // requests failed while servers were replaced
	SnippetRejected  Code = "SVC17" // the checker refuses the operator's own lines
	WebReverted      Code = "SVC18" // nginx's change was taken back
	SiteSilent       Code = "SVC19" // the site does not answer as visitors reach it
	OtherServer      Code = "SVC20" // the app's program is WSGI where app.server says ASGI, or the other way round
)

// Releases of the app.
const (
	ReleaseReverted Code = "REL01" // a new release did not become healthy and was taken back
	NoRelease       Code = "REL02" // the hosts do not keep the release that is named
	NoEarlier       Code = "REL03" // there is no earlier release to go back to
	NotDeployed     Code = "REL04" // the app was not deployed yet
)

// Databases.
const (
	ReplicaBroken   Code = "DB01" // a replica cannot apply what it got
	SourceRefuses   Code = "DB02" // the primary refuses the replica
	SourceUnreached Code = "DB03" // the replica does not get to its primary
	LogsPurged      Code = "DB04" // the primary no longer has the logs that are needed
	Errants         Code = "DB05" // a server holds transactions of its own
	TwoPrimaries    Code = "DB06" // more than one server takes writes
	ForeignData     Code = "DB07" // a server holds data that did not come from the primary
	PrimaryUnclear  Code = "DB08" // it cannot be said which server is the primary
	ReplicaBehind   Code = "DB09" // a replica did not catch up
	PrimaryLives    Code = "DB10" // a failover, and the primary may still take writes
	MoveRefused     Code = "DB11" // the servers are not in order for the operation
	UnsafeTables    Code = "DB12" // tables that cannot be copied while they are written
	NoRoomForCopy   Code = "DB13" // the copy would not fit
	MoveUnknown     Code = "DB14" // it cannot be said whether the new primary is open
	DatabaseSilent  Code = "DB15" // a database server does not answer
	BackupUnusable  Code = "DB17" // a backup cannot be restored here
	RestoreHalf     Code = "DB18" // a backup or restore is under way, or was cut off
	WouldDestroy    Code = "DB19" // a restore would replace live data
	NoBackup        Code = "DB20" // no backup can be made
	ExtraSources    Code = "DB16" // replication is set up in a way foobar does not use
	ForeignAccount  Code = "DB21" // an account of foobar's name is somebody else's
	AccountsFirst   Code = "DB22" // the run leaves out the accounts that it needs
	RootRefused     Code = "DB23" // a database server does not let root in over its socket
	LoginRefused    Code = "DB24" // the database refuses a login
	FragileTables   Code = "DB25" // tables that restarts, replicas or backups do not treat well
	LostViews       Code = "DB26" // a backup has views as text only
	DataElsewhere   Code = "DB27" // a server's data is in a folder of its own
)

// The monitoring service.
const (
	MonitorAway    Code = "MON01" // its API does not answer, or not as it should
	MonitorRefuses Code = "MON02" // its API does not take the access key
	LineMissing    Code = "MON03" // a request has left no line where it should have
	DataStale      Code = "MON04" // data of a host do not come in, or are old
	AlertLost      Code = "MON05" // an alert did not reach who is to be told
	MonitorTaken   Code = "MON06" // it has something of others where foobar's would be
)

// The way in.
const (
	FirewallReverted Code = "FW01" // the firewall's change undid itself
	SSHDReverted     Code = "FW02" // sshd's change undid itself
	ProvedTooLate    Code = "FW03" // foobar could not confirm the change in time
	WayInMoves       Code = "FW04" // sshd is about to leave the port that foobar comes in by
	OtherFirewall    Code = "FW05" // another program runs the host's firewall
	FirewallOpen     Code = "FW06" // the firewall lets in more than the inventory says, or will
	TunnelShut       Code = "FW07" // the firewall would shut the tunnel that foobar comes in by
)
