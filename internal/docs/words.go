package docs

import (
	"slices"
	"strings"
)

// OwnWord says which command of foobar people mean by a word that other programs have for
// it, or that belongs below another command than parent, such as "foobar db": "did you mean
// …?", or "" where none has.
func OwnWord(parent, word string) string {
	switch parent + " " + strings.ToLower(word) {
	case "foobar db dump", "foobar db export":
		return "did you mean foobar db backup?"
	case "foobar db promote", "foobar db move":
		return "did you mean foobar db switchover?"
	case "foobar db list":
		return "did you mean foobar db backups?"
	case "foobar db import", "foobar db load":
		return "did you mean foobar db restore?"
	case "foobar host disable", "foobar host cordon", "foobar host down":
		return "did you mean foobar host drain?"
	case "foobar host enable", "foobar host uncordon", "foobar host up":
		return "did you mean foobar host undrain?"
	case "foobar host list":
		return "did you mean foobar hosts?"
	case "foobar host remove", "foobar host delete":
		return "did you mean foobar remove?"
	}
	if parent != "foobar" {
		return ""
	}
	for own, others := range map[string][]string{
		"foobar deploy":          {"apply", "up", "run", "converge", "provision", "install", "sync", "push", "setup"},
		"foobar check --offline": {"validate", "lint", "fmt", "config"},
		"foobar check":           {"preflight", "doctor", "ping", "test"},
		"foobar plan":            {"diff", "preview", "drift", "dry-run", "noop"},
		"foobar hosts":           {"list", "ls", "inventory", "graph", "display"},
		"foobar status":          {"health", "top", "details", "ps"},
		"foobar dashboard":       {"grafana", "prometheus", "monitor", "monitoring", "metrics", "charts", "alerts", "alertmanager"},
		"foobar verify":          {"smoke", "smoke-test", "trace", "probe"},
		"foobar verify --alert":  {"alert", "test-alert", "notify"},
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

// OwnFlag says what people want who give a verb, such as "foobar deploy", a flag of other
// programs: what to do, or "" where nothing is known.
func OwnFlag(verb, flag string) string {
	of := func(names string) bool { return slices.Contains(strings.Fields(names), flag) }
	changes := slices.Contains([]string{"foobar deploy", "foobar release", "foobar rollback"}, verb)
	switch {
	case of("inventory config file"):
		return "name the inventory without a flag: " + verb + " site.toml"
	case of("check dry-run diff whatif noop C n") && verb == "foobar deploy":
		return "foobar plan shows what a deploy would do, with diffs"
	case of("diff check dry-run C D n") && verb == "foobar plan":
		return "it always shows diffs, and changes nothing"
	case of("auto-approve autoapprove force assume-yes non-interactive") && changes:
		return "-y answers the question before the first change"
	case of("yes y auto-approve force f") && verb == "foobar remove":
		return "--yes-remove NAME answers its question; NAME is that of the host, or of the site"
	case of("yes y auto-approve") && verb == "foobar plan":
		return "it changes nothing and asks nothing"
	case of("tags t target targets"):
		return "-r gives parts of the deployment, -l hosts or roles"
	case of("hosts host group groups"):
		return "-l gives hosts or roles"
	case of("user u"):
		return "the login is called user under [ssh] in the inventory"
	case of("port p"):
		return "the port is called port under [ssh] in the inventory"
	case of("json"):
		return "give -o json"
	case of("key private-key"):
		return "-i gives a private key"
	}
	return ""
}
