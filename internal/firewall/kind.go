package firewall

import (
	_ "embed" // the script of the kind
	"slices"
	"strings"

	"foobar/internal/census"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

// kind answers for ufw. Its argument are the lines about loopback that before.rules
// shall have, "" where loopback is open. Attributes: "sum PATH", "mode PATH" and "text
// PATH" of each file, and of the package's rule files while one of the host's is not
// written by foobar; live4 and live6 (the kernel's filter tables as iptables-save prints
// them, of IPv4 all tables where Docker or Podman runs), recorded4, recorded6 and
// key (the tables as they were when last loaded, and the digest of what was),
// "ufw load", "ufw active", "ufw enabled", the same of nftables and firewalld, unproved ("yes" while a
// change waits for its proof, and would be undone without), listening (what ss -ltnpH
// prints, where before.rules has other lines about loopback), beside (what filters beside
// ufw, while its files are not foobar's). Absent: no ufw; live4 and live6 are
// the kernel's tables all the same, where iptables is there, and saved (the rules of other
// tables than filter that iptables-persistent loads).
type kind struct{}

func (kind) Script(args [][]string) string {
	return "set -- " + sh.Join(append([]string{args[0][0], guard(0).Dir(), record}, paths()...)...) + "\n" + sh.Func("beside", BesideScript) + probeScript
}

// Shares are the files, and the units that matter.
func (kind) Shares([][]string) census.Part {
	return census.Part{Units: []string{"ufw.service", "nftables.service", "firewalld.service"}, Followed: paths()}
}

// paths are ufw's files.
func paths() []string {
	return []string{ufwUser, ufwUser6, ufwBefore, ufwBefore6, ufwAfter, ufwAfter6, ufwDefaults, ufwConf}
}

//go:embed probe.sh
var probeScript string

func (kind) Parse(args [][]string, lines []string, found []resource.Observed) {
	if len(found) == 0 {
		return
	}
	unit := ""
	names := map[string]string{"LoadState": "load", "ActiveState": "active", "UnitFileState": "enabled"}
	o := &found[0]
	for _, line := range lines {
		if s, ok := census.ReadStat(line); ok {
			if slices.Contains(paths(), s.Path) {
				o.Set("mode "+s.Path, s.Mode)
			}
		} else if digest, path, ok := census.Digest(line); ok {
			if slices.Contains(paths(), path) {
				o.Set("sum "+path, digest)
			}
		} else if key, value, ok := strings.Cut(line, "="); ok && key == "Id" {
			unit = strings.TrimSuffix(value, ".service")
		} else if ok && names[key] != "" && unit != "" {
			o.Set(unit+" "+names[key], value)
		}
	}
	if _, asked := o.Attrs["all"]; asked {
		parts(o, o.Get("all"))
		delete(o.Attrs, "all")
	}
	for i := range found {
		found[i] = *o
	}
}

// parts takes the answer apart; it counts only as a whole. tail -v puts the name of each
// file before it, and an empty line behind it.
func parts(o *resource.Observed, text string) {
	name, rules, part := "", false, map[string]*strings.Builder{}
	for line := range strings.Lines(text) {
		path, file := strings.CutPrefix(line, "==> ")
		path, whole := strings.CutSuffix(path, " <==\n")
		if file = file && whole; file {
			rules = strings.HasPrefix(path, "/") && path != record
			name = "text " + path
			part[name] = &strings.Builder{}
		} else if rest, ok := strings.CutPrefix(line, "@"); ok && !rules {
			key, value, _ := strings.Cut(strings.TrimSpace(rest), " ")
			part[key] = &strings.Builder{}
			part[key].WriteString(value)
			name = key
		} else if b := part[name]; b != nil {
			b.WriteString(line)
		}
	}
	if part["failed"] != nil || part["end"] == nil {
		o.State, o.Reason = resource.Unknown, "iptables-save failed, or its answer was cut off"
		return
	}
	o.State = resource.Present
	delete(part, "end")
	for k, b := range part {
		if strings.HasPrefix(k, "text ") {
			o.Set(k, strings.TrimSuffix(b.String(), "\n"))
		} else {
			o.Set(k, b.String())
		}
	}
}
