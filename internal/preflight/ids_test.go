package preflight

// ids are all names that findings can have, and what they are about. They are
// stable: other programs and documents refer to them. One that ends in "-" is
// followed by a port or a package.
func ids() map[string]string {
	return map[string]string{
		"inventory":     "the file is right",
		"master-secret": "the secret that all passwords come from is there, or will be made",
		"secret":        "the inventory's secrets can be read",
		"file":          "the files that it names can be read",
		"certificate":   "tls.cert and tls.key belong together and are valid",
		"app":           "the app's source packs",
		"dns-here":      "the site's names, as this machine's resolver has them",
		"database":      "which host is the primary, or why a deploy refuses",
		SSH:             "the host answers",
		HostKey:         "its key is the known one",
		Auth:            "it lets us in",
		Root:            "the login is root or becomes it",
		Shell:           "a POSIX shell answers",
		"os":            "the system is one that foobar was written for",
		"arch":          "so is the processor",
		"systemd":       "it is process 1",
		"clock":         "the clock is right",
		"time-sync":     "and is kept so",
		"disk":          "there is room for packages and data",
		"inodes":        "and for files",
		"memory":        "the database fits",
		"ports":         "the ports of the roles are free, or held by their services",
		"port-":         "a port is held by another program",
		"loopback":      "strict loopback cuts off programs",
		"way-in":        "the firewall lets foobar in again, at which ports",
		"packages":      "no package stands in the way",
		"package-":      "one does",
		"dpkg":          "no installation was broken off",
		"apt-lock":      "no other installation runs",
		"apt-sources":   "apt reads its sources",
		"apt-mirror":    "and they answer",
		"address":       "the host has its private addresses",
		"reach":         "it reaches the others where its roles need them",
		"dns":           "the site's names point to the load balancer, as its own resolver has them",
		acmeID:          "the certificate authority answers",
		intakeID:        "the monitoring service answers",
		"site":          "the host belongs to no other site",
		"database-data": "the database server holds data that is not the site's",
		"lock":          "no other run holds the host",
		"reboot":        "no reboot is due",
	}
}
