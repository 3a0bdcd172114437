package resource

// roleKinds lists the kinds that serve one subject each (a database, a
// certificate, a firewall), a line per kind, as the basic ones are in kinds.
func roleKinds() []Kind {
	return []Kind{
		firewallKind(),
		certificateKind(),
		databaseKind(),
		acmeKind(),
		debKind(),
		ownDirKind(),
	}
}
