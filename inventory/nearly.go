package inventory

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// What somebody nearly wrote right: each of these proposes the value that was probably
// meant, or says which rule is broken.

var numberWithUnit = regexp.MustCompile(`^([0-9]{1,18})(\.[0-9]+)? *([A-Za-zµ]*)$`)

// nearlyDuration says why a text is no duration.
func nearlyDuration(s string) error {
	m := numberWithUnit.FindStringSubmatch(s)
	if m == nil || m[2] != "" {
		return fmt.Errorf(`%q is not a duration; write a whole number and its unit: "10s", "5m", "12h" or "7d"`, s)
	}
	switch unit := strings.ToLower(m[3]); unit {
	case "":
		return fmt.Errorf(`%q has no unit; write "%ss" for seconds, "%sm" for minutes`, s, m[1], m[1])
	case "s", "sec", "secs", "second", "seconds":
		if m[1]+unit == s {
			return fmt.Errorf("%q is too long; write a shorter duration", s)
		}
		return fmt.Errorf(`%q is not a duration; write "%ss"`, s, m[1])
	case "min", "mins", "minute", "minutes":
		return fmt.Errorf(`%q is not a duration; write "%sm"`, s, m[1])
	case "hr", "hrs", "hour", "hours":
		return fmt.Errorf(`%q is not a duration; write "%sh"`, s, m[1])
	case "day", "days":
		return fmt.Errorf(`%q is not a duration; write "%sd"`, s, m[1])
	case "d", "w", "h", "m":
		if m[1]+unit != s {
			return fmt.Errorf(`%q is not a duration; write "%s%s"`, s, m[1], unit)
		}
		return fmt.Errorf("%q is too long; write a shorter duration", s)
	}
	return fmt.Errorf(`%q has an unknown unit; write it in "s", "m", "h", "d" or "w", such as "10s" or "7d"`, s)
}

// nearlySize says why a text is no size.
func nearlySize(s string) error {
	m := numberWithUnit.FindStringSubmatch(s)
	if m != nil && m[2] == "" {
		switch unit := strings.ToUpper(strings.TrimRight(strings.ToLower(m[3]), "ib")); unit {
		case "K", "M", "G", "T":
			return fmt.Errorf(`%q is not a size; write "%s%siB"`, s, m[1], unit)
		case "":
			return fmt.Errorf(`%q has no unit; write it as "16MiB", "512KiB" or "2GiB"`, s)
		}
	}
	return fmt.Errorf(`%q is not a size; write a whole number and its unit: "16MiB", "512KiB" or "2GiB"`, s)
}

// nearlyNetwork says why a text is no network.
func nearlyNetwork(s string) error {
	address, length, slash := strings.Cut(s, "/")
	a, err := netip.ParseAddr(address)
	switch lower := strings.ToLower(s); {
	case lower == "any" || lower == "all" || lower == "*" || lower == "anyone" || lower == "everyone":
		return fmt.Errorf("%q is not a network; remove the line for the default, or write 0.0.0.0/0 and ::/0 for anyone", s)
	case slash && err == nil && strings.ContainsAny(length, ".:"):
		if mask, err := netip.ParseAddr(length); err == nil && mask.Is4() {
			if n := strings.Count(bits(mask), "1"); bits(mask) == strings.Repeat("1", n)+strings.Repeat("0", 32-n) {
				return fmt.Errorf("%q has a netmask; write the length of the prefix: %s/%d", s, address, n)
			}
		}
	case slash && err == nil:
		if n, err := strconv.Atoi(length); err == nil && (n < 0 || n > a.BitLen()) {
			return fmt.Errorf("%q has the length %d; write a length from 0 to %d", s, n, a.BitLen())
		}
	case strings.ContainsAny(s, "*-") && strings.Count(s, ".") >= 3:
		return fmt.Errorf("%q is a pattern or a range; write networks such as 192.0.2.0/24, several as a list", s)
	case hostName.MatchString(strings.ReplaceAll(lower, ".", "")) && strings.ContainsFunc(lower, func(r rune) bool { return r >= 'g' && r <= 'z' }):
		return fmt.Errorf("%q is a name, and a firewall needs addresses; write the address, such as 192.0.2.7", s)
	}
	return fmt.Errorf(`%q is neither an address nor a network; write "192.0.2.7" or "192.0.2.0/24"`, s)
}

func bits(a netip.Addr) string {
	var b strings.Builder
	for _, octet := range a.AsSlice() {
		fmt.Fprintf(&b, "%08b", octet)
	}
	return b.String()
}

// nearly is a text that fits a form and that somebody who wrote s probably meant.
func nearly(form *regexp.Regexp, s string) (string, bool) {
	low := strings.ToLower(strings.TrimSpace(s))
	dashes, lines := strings.NewReplacer("_", "-"), strings.NewReplacer("-", "_")
	for _, one := range []string{strings.TrimSpace(s), strings.TrimLeft(s, "$"), low, dashes.Replace(low), lines.Replace(s), lines.Replace(low), "/" + s} {
		if one != s && form.MatchString(one) {
			return one, true
		}
	}
	return "", false
}

// pathAlone refuses what a path of the site may not have, and says which part it is.
func pathAlone(s string) error {
	u, err := url.Parse(s)
	switch {
	case err == nil && u.Host != "" && urlPath.MatchString(u.Path):
		return fmt.Errorf("%q is a URL; write only the path: %s", s, u.Path)
	case err == nil && (u.RawQuery != "" || u.Fragment != "") && urlPath.MatchString(u.Path):
		return fmt.Errorf("%q has a query or a fragment; write only the path: %s", s, u.Path)
	}
	return matches(urlPath, "is not a path; begin it with / and use letters, digits, dashes and dots")(s)
}
