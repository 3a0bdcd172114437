package remote

// User is who logged in.
func (h *Host) User() string { return clean(h.settings.user) }

// Sudo reports whether the login became root by way of sudo.
func (h *Host) Sudo() bool { return h.settings.becomeRoot }
