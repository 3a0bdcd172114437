package docs

import (
	"slices"
	"strings"
)

// OwnWord says which command of foobar people mean by a word that other programs have for
// it: "did you mean …?", or "" where none has.
func OwnWord(word string) string {
	for own, others := range map[string][]string{
		"foobar deploy":          {"apply", "up", "run", "converge", "provision", "install", "sync", "push", "setup"},
		"foobar check --offline": {"validate", "lint", "fmt", "config"},
		"foobar check":           {"preflight", "doctor", "ping", "test"},
		"foobar plan":            {"diff", "preview", "drift", "dry-run", "noop"},
		"foobar hosts":           {"list", "ls", "inventory", "graph", "display"},
		"foobar status":          {"health", "verify", "top", "details", "ps"},
		"foobar history":         {"audit", "runs", "log"},
		"foobar rollback":        {"revert", "undo"},
		"foobar releases":        {"versions"},
		"foobar ssh":             {"shell", "login", "console", "connect"},
		"foobar exec":            {"command", "adhoc", "cmd"},
		"foobar db switchover":   {"switchover", "promote"},
		"foobar db failover":     {"failover"},
		"foobar db rejoin":       {"rejoin"},
		"foobar cert status":     {"certificate", "certificates", "tls", "ssl", "certbot"},
		"foobar cert renew":      {"renew"},
		"foobar db backup":       {"backup", "dump"},
		"foobar db restore":      {"restore"},
		"foobar db status":       {"replication"},
		"foobar docs":            {"explain", "man-page", "errors"},
		"foobar lab up":          {"playground", "demo", "sandbox"},
		"foobar remove":          {"destroy", "delete", "teardown", "down", "uninstall"},
		"foobar host drain":      {"drain", "cordon", "maintenance", "disable"},
		"foobar host undrain":    {"undrain", "uncordon", "enable"},
	} {
		if slices.Contains(others, strings.ToLower(word)) {
			return "did you mean " + own + "?"
		}
	}
	return ""
}
