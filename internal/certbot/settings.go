// Package certbot knows what the lines of certbot's own cli.ini do to a certificate that
// foobar has had certbot get: they count for every run, before what the certificate's
// renewal file says. Sources: certbot(1), renewal.py and selection.py of certbot 2.1.
package certbot

import (
	"slices"
	"strings"
)

// Setting is what a line of cli.ini sets, in the one spelling with dashes; "" where it
// sets nothing. The value of a bare word is true.
func Setting(line string) (key, value string) {
	line = strings.TrimSpace(line)
	if line == "" || strings.ContainsRune("#;[", rune(line[0])) || strings.HasPrefix(line, "---") {
		return "", ""
	}
	key, value = line, "true"
	if i := strings.IndexAny(line, ":=;# \t"); i >= 0 {
		key = line[:i]
		rest := " " + line[i:]
		for _, comment := range []string{" #", " ;", "\t#", "\t;"} {
			rest, _, _ = strings.Cut(rest, comment)
		}
		if rest = strings.TrimSpace(rest); rest != "" {
			value = strings.Trim(strings.TrimSpace(strings.TrimLeft(rest, ":=")), `'"[]`)
		}
	}
	return strings.ReplaceAll(strings.TrimPrefix(key, "--"), "_", "-"), strings.TrimSpace(value)
}

// Runs reports whether a line has certbot run a program beside what it runs for each
// certificate.
func Runs(line string) bool {
	key, _ := Setting(line)
	return key == "pre-hook" || key == "post-hook"
}

// Overrides reports whether a line has certbot renew a certificate of foobar's in another
// way, from another authority than server, or not at all.
func Overrides(line, lineage, server string) bool {
	key, value := Setting(line)
	switch key {
	case "authenticator":
		return value != "" && value != "manual"
	case "configurator", "installer", "deploy-hook", "renew-hook", "manual-auth-hook", "manual-cleanup-hook":
		return value != ""
	case "domain", "d": // domains is left out of account by certbot's renewals
		return true
	case "server":
		return value != "" && value != server
	case "cert-name":
		return value != lineage
	case "preferred-challenges":
		return value != "http" && value != "http-01"
	case "staging", "test-cert":
		return yes(value) && !strings.Contains(server, "acme-staging")
	case "config-dir":
		return strings.TrimRight(value, "/") != "/etc/letsencrypt"
	case "force-renewal", "renew-by-default": // twice a day, until the authority has had enough
		return yes(value)
	case "dry-run", "must-staple", "standalone", "webroot", "nginx", "apache":
		return yes(value)
	}
	plugin, dns := strings.CutPrefix(key, "dns-")
	return dns && strings.Trim(plugin, "abcdefghijklmnopqrstuvwxyz0123456789") == "" && yes(value)
}

func yes(value string) bool {
	return !slices.Contains([]string{"false", "no", "0"}, strings.ToLower(value))
}
