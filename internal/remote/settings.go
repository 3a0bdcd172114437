package remote

import "time"

// settings is what Options, ssh's own configuration and the defaults come to for
// one host. Names and meanings are those of ssh_config(5), with file names and
// tokens expanded; in brackets, the keyword. What is not here is not ours to do:
// terminals, forwards, environment variables and remote commands are of sessions
// that foobar does not open (RequestTTY, LocalForward, ForwardAgent, SendEnv,
// SetEnv, RemoteCommand); it holds one connection of its own (ControlMaster) and
// marks no packets (IPQoS). A host key is always checked, so that CheckHostIP,
// VerifyHostKeyDNS and NoHostAuthenticationForLocalhost change nothing.
type settings struct {
	name    string
	alias   string // what ssh_config was asked for: the address as the inventory has it
	host    string // [HostName]
	port    int    // [Port]
	user    string // [User]
	home    string // what ~ stands for
	keyAddr string // host:port under which known_hosts has the key; of HostKeyAlias, if there is one

	// By what the host is known. knownHosts are the files of the user and then those
	// of the machine. The first is the user's, to which accepted keys are appended:
	// /dev/null where UserKnownHostsFile is "none".
	knownHosts        []string
	userKnownHosts    []string // [UserKnownHostsFile]; empty for "none"
	globalKnownHosts  []string // [GlobalKnownHostsFile]; empty for "none"
	revokedHostKeys   string   // [RevokedHostKeys], or empty
	hostKeyAlias      string   // [HostKeyAlias], or empty
	knownHostsCommand string   // [KnownHostsCommand], or empty; its tokens are still in it: see tokens
	hostKeyAlgorithms []string // [HostKeyAlgorithms] in order; empty where nobody said
	strictHostKeys    string   // [StrictHostKeyChecking] yes, accept-new, no or ask
	hashKnownHosts    bool     // [HashKnownHosts]
	updateHostKeys    bool     // [UpdateHostKeys]

	// What is offered to log in with.
	identities       []string // [IdentityFile]; none where it is "none"
	defaultsForKey   bool     // identities are the default ones: a missing file is not reported
	certificates     []string // [CertificateFile]
	explicit         bool     // [IdentitiesOnly] only identities count, also in the agent
	agentSocket      string   // [IdentityAgent]; empty: no agent
	provider         string   // [PKCS11Provider], whose keys foobar has only from an agent; or empty
	addKeysToAgent   addKeys  // [AddKeysToAgent]
	preferredAuth    []string // [PreferredAuthentications] in order; empty where nobody said
	pubkeyAlgorithms []string // [PubkeyAcceptedAlgorithms] in order; empty where nobody said
	noPublicKey      bool     // [PubkeyAuthentication no]
	noPassword       bool     // [PasswordAuthentication no]
	noKeyboard       bool     // [KbdInteractiveAuthentication no]

	// How the bytes get to the host and back.
	proxyCommand string   // [ProxyCommand], tokens still in it
	proxyJump    string   // [ProxyJump]
	proxyDir     string   // where proxyCommand runs; empty: where foobar does
	network      string   // [AddressFamily] "tcp", "tcp4" or "tcp6"
	bindAddress  string   // [BindAddress], or empty
	bindDevice   string   // [BindInterface], or empty
	attempts     int      // [ConnectionAttempts], at least 1
	noKeepAlive  bool     // [TCPKeepAlive no]
	ciphers      []string // [Ciphers]
	macs         []string // [MACs]
	kex          []string // [KexAlgorithms]
	rekeyBytes   uint64   // [RekeyLimit], its bytes; 0: as the cipher has it

	dialing    time.Duration // [ConnectTimeout] until the host has shown its key
	timeout    time.Duration // until it has let in, sudo and the shell have started, and such
	keepalive  time.Duration // [ServerAliveInterval]
	aliveMax   int           // [ServerAliveCountMax] intervals without a sign of life
	grace      time.Duration
	cache      *Cache
	becomeRoot bool
}

// addKeys says what becomes of a key that was read from a file.
type addKeys struct {
	how      string        // "", "yes", "ask" or "confirm" (the agent asks at each use)
	lifetime time.Duration // after which the agent forgets it; 0: never
}
