package inventory

// Providers are the words of monitoring.provider, the default first. Each has a folder
// of its name in internal/monitoring.
func Providers() []string { return []string{"sumologic"} }
