package roles

import (
	_ "embed" // scripts
	"path"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/facts"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
	"foobar/templates"
)

// Base is what every host has, whatever else it serves: time, security fixes,
// a hardened way in, a bounded journal, and the names of the other hosts.
type Base struct{}

// Name is "base".
func (Base) Name() string { return "base" }

// Resources are the same on every host, but for what a container cannot do.
func (b Base) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	f := s.Facts[h.Name]
	packages := []string{"ca-certificates", "curl", "openssl", "socat", "unattended-upgrades"}
	if f.TimeService == "" {
		packages = append(packages, "systemd-timesyncd")
	}
	list := []resource.Resource{
		resource.Dir{Path: "/var/lib/foobar", Mode: 0o700},
		resource.Dir{Path: path.Dir(leafDir)}, // where secrets are
		resource.Packages{For: "base", Names: packages},
	}
	for _, part := range []func(*play.Site, facts.Facts) ([]resource.Resource, error){b.upgrades, b.journal, b.names, b.kernel, b.sshd} {
		more, err := part(s, f)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	if f.TimeService != "" {
		return list, nil // a chrony or ntpd of the operator's own is left to do it
	}
	return append(list, b.clock(f)), nil
}

// Services are those of the system that are worth watching on every host.
func (Base) Services(*inventory.Inventory, *inventory.Host) []play.Service {
	return []play.Service{
		{Name: "ssh", Layer: play.System, Journal: play.Journal{Unit: "ssh",
			Also: []string{"SYSLOG_IDENTIFIER=sshd", "SYSLOG_IDENTIFIER=sshd-session", "SYSLOG_IDENTIFIER=sudo"}}},
		{Name: "unattended-upgrades", Layer: play.System, Journal: play.Journal{Unit: "unattended-upgrades"}},
	}
}

// clock keeps the time. A container has the time of its machine: the unit
// refuses to run there, and being enabled is all that can be wanted.
func (Base) clock(f facts.Facts) resource.Resource {
	const unit = "systemd-timesyncd.service"
	if !Contained(f.Container) {
		return resource.Service{Unit: unit}
	}
	return resource.Custom{Name: resource.NewID("clock", unit), In: resource.Converge,
		Of: resource.Service{Unit: unit}.Probe(),
		Compare: func(o resource.Observed) (resource.Change, error) {
			if o.State == resource.Unknown {
				return resource.Unseen(o), nil
			}
			got := o.Get("enabled")
			if got == "enabled" {
				return resource.Change{}, nil
			}
			return resource.Change{Action: resource.Act,
				Provisional: o.State == resource.Absent,
				Fields:      []resource.Field{{Name: "enabled", Old: got, New: "enabled"}},
				Steps:       []resource.Step{resource.Run{Title: "enable " + unit, Script: "systemctl unmask -q " + unit + "\nsystemctl unmask -q --runtime " + unit + "\nsystemctl enable -q " + unit}}}, nil
		}}
}

// Contained reports whether systemd-detect-virt(1) names a container, whose clock
// is its machine's.
func Contained(virt string) bool {
	switch virt {
	case "openvz", "lxc", "lxc-libvirt", "systemd-nspawn", "docker", "podman", "rkt", "wsl", "proot", "pouch", "container-other":
		return true
	}
	return false
}

// upgrades installs security fixes by themselves.
func (Base) upgrades(_ *play.Site, f facts.Facts) ([]resource.Resource, error) {
	var t texts
	const check = "apt-config -c %s dump >/dev/null"
	return []resource.Resource{
		resource.File{Path: "/etc/apt/apt.conf.d/20auto-upgrades", Content: t.of("base/20auto-upgrades.tmpl", nil), Check: check},
		resource.File{Path: "/etc/apt/apt.conf.d/52foobar-unattended-upgrades", Content: t.of("base/unattended-upgrades.tmpl", f.System().Origins), Check: check},
		resource.Service{Unit: "apt-daily.timer"},
		resource.Service{Unit: "apt-daily-upgrade.timer"},
	}, t.err
}

// journal bounds the journal and keeps it over reboots.
func (Base) journal(*play.Site, facts.Facts) ([]resource.Resource, error) {
	var t texts
	conf := resource.File{Path: "/etc/systemd/journald.conf.d/10-foobar.conf", Content: t.of("base/journald.conf.tmpl", nil)}
	return []resource.Resource{conf,
		resource.Service{Unit: "systemd-journald.service", Static: true, Loads: []resource.ID{conf.ID()}}}, t.err
}

// sshd hardens the way in. Keys are the only way foobar itself logs in, so
// passwords can be switched off without locking it out.
//
// ECDSA host keys are switched off too, but not before the controller knows the host by
// one of another kind: else the change would shut out whoever makes it.
func (Base) sshd(s *play.Site, f facts.Facts) ([]resource.Resource, error) {
	var t texts
	sshd := resource.SSHD{Path: "/etc/ssh/sshd_config.d/00-foobar.conf", Effective: "passwordauthentication no", Confirm: s.Inv.Deploy.ConfirmTimeout}
	if slices.Contains(f.SSHMain, f.SSHPort) {
		sshd.Port = f.SSHPort
	}
	keys := f.HostKeys
	switch {
	case keys.OnlyECDSA():
		sshd.Kept = "sshd's ECDSA host key, because this machine knows the host by no other"
		if keys.More != "" {
			sshd.Kept += "; to have it switched off, " + keys.More
		}
	case keys.AlsoECDSA():
		sshd.Why = "ECDSA host keys are switched off; this machine knows the host by another, too: " + strings.Join(keys.Kinds, ", ")
	}
	sshd.Content = t.of("base/sshd.conf.tmpl", struct{ KeepECDSA bool }{keys.OnlyECDSA()})
	return []resource.Resource{sshd}, t.err
}

// names tells the hosts of one another, in a block of /etc/hosts; the rest of
// the file is not touched.
func (Base) names(s *play.Site, _ facts.Facts) ([]resource.Resource, error) {
	var lines []string
	for _, h := range s.Inv.Hosts {
		for _, a := range h.Private {
			lines = append(lines, a.WithZone("").String()+" "+h.Internal()+" "+h.Name)
		}
	}
	block, err := templates.Render("base/hosts.tmpl", lines)
	if err != nil {
		return nil, err
	}
	want := string(block)
	return []resource.Resource{resource.Custom{Name: resource.NewID("block", "/etc/hosts"), In: resource.Prepare,
		Of: resource.Told(hostsAsk),
		Compare: func(o resource.Observed) (resource.Change, error) {
			if o.State == resource.Unknown {
				return resource.Unseen(o), nil
			}
			return hostsChange(o.Get("out"), want), nil
		}}}, nil
}

// hostsTemplate is what cloud-init makes /etc/hosts of.
const hostsTemplate = "/etc/cloud/templates/hosts.debian.tmpl"

// hostsChange brings the block into /etc/hosts, and into the template where that is said
// to be in use.
func hostsChange(said, want string) resource.Change {
	in, template, managed := strings.Cut(said, "# cloud-init")
	c := resource.Change{Action: resource.Update}
	var files []string
	look := func(file, field, got string) {
		if got = strings.Trim(got, "\n"); got != "" {
			got += "\n"
		}
		if got != want {
			files = append(files, file)
			c.Fields = append(c.Fields, resource.Field{Name: field, Old: got, New: want, Text: true})
		}
	}
	look("/etc/hosts", "block", in)
	if managed {
		look(hostsTemplate, "block in cloud-init's template", template)
	}
	if len(files) == 0 {
		return resource.Change{}
	}
	c.Steps = []resource.Step{resource.Run{Title: "write names to /etc/hosts", Script: "set -- " + sh.Join(files...) + "\n" + hostsScript, Input: []byte(want)}}
	return c
}

//go:embed base_hosts_ask.sh
var hostsAsk string

// hostsScript replaces the block by the one on standard input. Of a block whose last
// line is missing only the first line goes: nobody knows where it was to end. Where
// the file is a mount of its own it cannot be replaced, and is written in place.
//
//go:embed base_hosts.sh
var hostsScript string

// sysctl is one setting of the kernel.
type sysctl struct{ Key, Value string }

// holds reports whether a running value will do. Of queues an administrator may have made
// longer ones.
func (s sysctl) holds(got string) bool {
	if s.Key != "net.core.somaxconn" && s.Key != "net.ipv4.tcp_max_syn_backlog" {
		return got == s.Value
	}
	is, err := strconv.Atoi(got)
	least, _ := strconv.Atoi(s.Value)
	return err == nil && is >= least
}

// sysctls do not contradict /etc/ufw/sysctl.conf, which ufw applies at every
// start. Source: Documentation/networking/ip-sysctl.rst, admin-guide/sysctl.
func sysctls() []sysctl {
	list := []sysctl{
		{"fs.protected_fifos", "2"},
		{"fs.protected_hardlinks", "1"},
		{"fs.protected_regular", "2"},
		{"fs.protected_symlinks", "1"},
		{"kernel.dmesg_restrict", "1"},
		{"kernel.kptr_restrict", "2"},
		{"net.core.somaxconn", "4096"},
		{"net.ipv4.tcp_max_syn_backlog", "4096"},
		{"net.ipv4.tcp_syncookies", "1"},
	}
	for _, where := range []string{"all", "default"} {
		list = append(list,
			sysctl{"net.ipv4.conf." + where + ".accept_redirects", "0"},
			sysctl{"net.ipv4.conf." + where + ".accept_source_route", "0"},
			sysctl{"net.ipv4.conf." + where + ".secure_redirects", "0"},
			sysctl{"net.ipv4.conf." + where + ".send_redirects", "0"},
			sysctl{"net.ipv6.conf." + where + ".accept_redirects", "0"},
			sysctl{"net.ipv6.conf." + where + ".accept_source_route", "0"})
	}
	return list
}

func (s sysctl) path() string { return "/proc/sys/" + strings.ReplaceAll(s.Key, ".", "/") }

// kernel sets the kernel's network and hardening values, now and at boot. What
// this host's kernel does not have, or a container may not write, is left out.
func (Base) kernel(*play.Site, facts.Facts) ([]resource.Resource, error) {
	var t texts
	ask := "r(){ if [ -w \"$2\" ]; then read -r v <\"$2\" && echo \"$1 $v\"; fi; }\n"
	for _, s := range sysctls() {
		ask += "r " + sh.Join(s.Key, s.path()) + "\n"
	}
	return []resource.Resource{
		resource.File{Path: "/etc/sysctl.d/60-foobar.conf", Content: t.of("base/sysctl.conf.tmpl", sysctls())},
		resource.Custom{Name: resource.NewID("sysctl", "running"), In: resource.Converge, Ask: ask + ":\n", Compare: compareSysctls},
	}, t.err
}

func compareSysctls(o resource.Observed) (resource.Change, error) {
	if o.State != resource.Present {
		return resource.Unseen(o), nil
	}
	running := map[string]string{}
	for _, line := range strings.Split(o.Get("out"), "\n") {
		if key, value, ok := strings.Cut(line, " "); ok {
			running[key] = value
		}
	}
	c := resource.Change{Action: resource.Update}
	var script strings.Builder
	for _, s := range sysctls() {
		got, there := running[s.Key]
		if !there || s.holds(got) {
			continue
		}
		c.Fields = append(c.Fields, resource.Field{Name: s.Key, Old: got, New: s.Value})
		script.WriteString("echo " + sh.Quote(s.Value) + " >" + sh.Quote(s.path()) + "\n")
	}
	if len(c.Fields) == 0 {
		return resource.Change{}, nil
	}
	c.Steps = []resource.Step{resource.Run{Title: "set kernel values", Script: script.String()}}
	return c, nil
}
