package roles

// Names are the roles of --roles, in the order in which a site is built.
func Names() []string {
	return []string{"base", "firewall", "database", "haproxy", "app", "nginx", "letsencrypt", "collector", "rotation", "health"}
}
