package play

// Where a host's own certificate lies, which the site's private CA vouches for. The
// key's file has the certificates too; the members of LeafGroup read it.
const (
	LeafDir   = "/etc/foobar/tls"
	LeafKey   = LeafDir + "/host.key"
	LeafCA    = LeafDir + "/ca.crt"
	LeafGroup = "foobar-tls"
)
