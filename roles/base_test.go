package roles

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/facts"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

func baseResources(t *testing.T, virt string) map[resource.ID]resource.Resource {
	t.Helper()
	s := usualFirewallSite(t)
	s.Facts = map[string]facts.Facts{"web1": {OS: "debian", Container: virt}}
	list, err := Base{}.Resources(s, s.Inv.Host("web1"))
	if err != nil {
		t.Fatal(err)
	}
	byID := map[resource.ID]resource.Resource{}
	for _, r := range list {
		if byID[r.ID()] != nil {
			t.Errorf("%s is there twice", r.ID())
		}
		byID[r.ID()] = r
	}
	return byID
}

func TestBaseIsComplete(t *testing.T) {
	got := baseResources(t, "kvm")
	for _, id := range []resource.ID{"dir:/var/lib/foobar", "packages:base", "service:systemd-timesyncd.service",
		"file:/etc/apt/apt.conf.d/20auto-upgrades", "file:/etc/apt/apt.conf.d/52foobar-unattended-upgrades",
		"service:apt-daily.timer", "service:apt-daily-upgrade.timer", "sshd:/etc/ssh/sshd_config.d/00-foobar.conf",
		"file:/etc/systemd/journald.conf.d/10-foobar.conf", "service:systemd-journald.service",
		"block:/etc/hosts", "file:/etc/sysctl.d/60-foobar.conf", "sysctl:running"} {
		if got[id] == nil {
			t.Errorf("%s is missing", id)
		}
	}
}

func TestClockOfAContainerIsOnlyEnabled(t *testing.T) {
	clock := baseResources(t, "systemd-nspawn")["clock:systemd-timesyncd.service"]
	if clock == nil {
		t.Fatal("a container gets a service that cannot start there")
	}
	for out, empty := range map[string]bool{"enabled": true, "disabled": false, "masked": false} {
		c, err := clock.Diff(resource.Observed{State: resource.Present, Attrs: map[string]string{"enabled": out}})
		if err != nil || c.Empty() != empty {
			t.Errorf("%q: change %+v, %v", out, c, err)
		}
		if !empty && !strings.Contains(c.Steps[0].(resource.Run).Script, "unmask -q --runtime systemd-timesyncd.service") {
			t.Errorf("%q: a mask until the next boot stays", out)
		}
	}
}

func TestHostsBlockLeavesTheRestAlone(t *testing.T) {
	r := baseResources(t, "")["block:/etc/hosts"]
	const block = "# foobar begin\n10.77.0.10 lb1.internal lb1\nfd77::10 lb1.internal lb1\n10.77.0.11 web1.internal web1\nfd77::11 web1.internal web1\n" +
		"10.77.0.12 web2.internal web2\nfd77::12 web2.internal web2\n10.77.0.13 web3.internal web3\nfd77::13 web3.internal web3\n# foobar end\n"
	for name, c := range map[string]struct{ before, after string }{
		"none":      {"127.0.0.1 localhost\n", "127.0.0.1 localhost\n" + block},
		"old":       {"127.0.0.1 a\n# foobar begin\n1.2.3.4 gone\n# foobar end\n::1 b\n", "127.0.0.1 a\n::1 b\n" + block},
		"no end":    {"127.0.0.1 a\n# foobar begin\n1.2.3.4 b\n", "127.0.0.1 a\n1.2.3.4 b\n" + block},
		"two":       {"# foobar begin\n# foobar end\nx\n# foobar begin\n1.1.1.1 y\n# foobar end\n", "x\n" + block},
		"unchanged": {"x\n" + block, "x\n" + block},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "hosts")
			if err := os.WriteFile(file, []byte(c.before), 0o644); err != nil {
				t.Fatal(err)
			}
			ask := strings.ReplaceAll(r.Probe().Args[0], "/etc/hosts", file)
			out, err := exec.Command("sh", "-c", ask).Output()
			if err != nil {
				t.Fatal(err)
			}
			change, err := r.Diff(resource.Observed{State: resource.Present, Attrs: map[string]string{"out": string(out)}})
			if err != nil {
				t.Fatal(err)
			}
			if change.Empty() != (c.before == c.after) {
				t.Errorf("change: %+v", change.Fields)
			}
			for _, step := range change.Steps {
				run := step.(resource.Run)
				cmd := exec.Command("sh", "-euc", sh.Files+strings.ReplaceAll(run.Script, "/etc/hosts", file))
				cmd.Stdin = strings.NewReader(string(run.Input))
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
			}
			if got, _ := os.ReadFile(file); string(got) != c.after {
				t.Errorf("got\n%s\nwant\n%s", got, c.after)
			}
		})
	}
}

// TestHostsOfCloudInit: where cloud-init writes /etc/hosts at every boot, its template gets
// the block too; where it does not, the template is left alone.
func TestHostsOfCloudInit(t *testing.T) {
	r := baseResources(t, "")["block:/etc/hosts"]
	const header = "# Your system has configured 'manage_etc_hosts' as True.\n127.0.1.1 web1\n"
	const template = "## template:jinja\n{#\nadd manage_etc_hosts: True\n-#}\n127.0.1.1 {{fqdn}} {{hostname}}\n"
	for name, c := range map[string]struct {
		hosts, config string
		managed       bool
	}{
		"by what it wrote":   {header, "", true},
		"by its settings":    {"127.0.0.1 localhost\n", "users:\n - default\nmanage_etc_hosts: true\n", true},
		"only its own name":  {"127.0.0.1 localhost\n", "manage_etc_hosts: localhost\n", false},
		"switched off":       {"127.0.0.1 localhost\n", "manage_etc_hosts: False\n", false},
		"as a remark":        {"127.0.0.1 localhost\n", "# manage_etc_hosts: true\n", false},
		"nothing is said":    {"127.0.0.1 localhost\n", "", false},
		"as text, in quotes": {"127.0.0.1 localhost\n", "manage_etc_hosts: \"template\"\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			files := map[string]string{"/etc/hosts": c.hosts, "/etc/cloud/cloud.cfg": c.config, "/etc/cloud/templates/hosts.debian.tmpl": template}
			for path, text := range files {
				if err := os.MkdirAll(filepath.Dir(root+path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(root+path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			here := func(text string) string { return strings.ReplaceAll(text, "/etc/", root+"/etc/") }
			look := func() resource.Change {
				out, err := exec.Command("sh", "-c", here(r.Probe().Args[0])).Output()
				if err != nil {
					t.Fatal(err)
				}
				change, err := r.Diff(resource.Observed{State: resource.Present, Attrs: map[string]string{"out": string(out)}})
				if err != nil {
					t.Fatal(err)
				}
				return change
			}
			change := look()
			if (len(change.Fields) == 2) != c.managed {
				t.Errorf("fields: %+v", change.Fields)
			}
			run := change.Steps[0].(resource.Run)
			cmd := exec.Command("sh", "-euc", sh.Files+here(run.Script))
			cmd.Stdin = strings.NewReader(string(run.Input))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if again := look(); !again.Empty() {
				t.Errorf("the second run changes %+v", again.Fields)
			}
			got, _ := os.ReadFile(root + "/etc/cloud/templates/hosts.debian.tmpl")
			if !strings.HasPrefix(string(got), template) || strings.Contains(string(got), "# foobar begin") != c.managed {
				t.Errorf("the template is\n%s", got)
			}
		})
	}
}

func TestOnlyWritableKernelValuesAreSet(t *testing.T) {
	r := baseResources(t, "")["sysctl:running"]
	see := func(out string) resource.Change {
		c, err := r.Diff(resource.Observed{State: resource.Present, Attrs: map[string]string{"out": out}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if c := see("net.core.somaxconn 4096\n"); !c.Empty() {
		t.Errorf("what cannot be written is wanted: %+v", c.Fields)
	}
	c := see("net.core.somaxconn 128\nnet.ipv4.tcp_syncookies 1\n")
	if len(c.Fields) != 1 || c.Fields[0].Name != "net.core.somaxconn" ||
		c.Steps[0].(resource.Run).Script != "echo 4096 >/proc/sys/net/core/somaxconn\n" {
		t.Errorf("got %+v", c)
	}
	if c := see("net.core.somaxconn 65535\nnet.ipv4.tcp_max_syn_backlog 8192\n"); !c.Empty() {
		t.Errorf("longer queues of an administrator's are cut: %+v", c.Fields)
	}
	if c, _ := r.Diff(resource.Observed{}); c.Empty() {
		t.Error("no answer looks like nothing to do")
	}
}

func TestUpgradesSpareWhatFoobarRolls(t *testing.T) {
	f := baseResources(t, "")["file:/etc/apt/apt.conf.d/52foobar-unattended-upgrades"].(resource.File)
	for _, want := range []string{`"haproxy";`, `"mariadb";`, `"mysql";`, "label=Debian-Security"} {
		if !strings.Contains(string(f.Content), want) {
			t.Errorf("%s is missing in\n%s", want, f.Content)
		}
	}
	// What others hold back stays so. Source: apt.conf(5).
	dir := t.TempDir()
	for name, text := range map[string]string{"50unattended-upgrades": "Unattended-Upgrade::Package-Blacklist {\n  \"linux-\";\n};\n", "52foobar": string(f.Content), "60local": "Unattended-Upgrade::Package-Blacklist { \"nginx\"; };\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("apt-config", "dump", "Unattended-Upgrade")
	if _, err := exec.LookPath(cmd.Args[0]); err == nil {
		cmd.Env = append(os.Environ(), "APT_CONFIG="+filepath.Join(dir, "first"))
		if err := os.WriteFile(filepath.Join(dir, "first"), []byte("Dir::Etc::parts \""+dir+"\";\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := cmd.CombinedOutput()
		for _, held := range []string{"linux-", "nginx", "mariadb"} {
			if err != nil || !strings.Contains(string(out), `Package-Blacklist:: "`+held+`"`) {
				t.Errorf("%s is not held back: %v\n%s", held, err, out)
			}
		}
	}
	if strings.Contains(string(f.Content), "Ubuntu") {
		t.Error("Ubuntu's origins on Debian")
	}
}

// TestECDSAStaysWhileNothingElseIsKnown: the hardening does not shut out a controller
// that knows the host by its ECDSA key alone.
func TestECDSAStaysWhileNothingElseIsKnown(t *testing.T) {
	for name, c := range map[string]struct {
		keys      facts.HostKeys
		stays     bool
		kept, why string
	}{
		"not seen":      {facts.HostKeys{}, false, "", ""},
		"ed25519":       {facts.HostKeys{Kinds: []string{"ssh-ed25519"}}, false, "", ""},
		"rsa":           {facts.HostKeys{Kinds: []string{"ssh-rsa"}}, false, "", ""},
		"ecdsa":         {facts.HostKeys{Kinds: []string{"ecdsa-sha2-nistp256"}, More: "add to F: L"}, true, "to have it switched off, add to F: L", ""},
		"a certificate": {facts.HostKeys{Kinds: []string{"ecdsa-sha2-nistp384-cert-v01@openssh.com"}}, true, "knows the host by no other", ""},
		"two":           {facts.HostKeys{Kinds: []string{"ecdsa-sha2-nistp256", "ssh-ed25519"}}, false, "", "ECDSA host keys are switched off"},
	} {
		s := usualFirewallSite(t)
		s.Facts = map[string]facts.Facts{"web1": {OS: "debian", HostKeys: c.keys}}
		list, err := Base{}.sshd(s, s.Facts["web1"])
		if err != nil {
			t.Fatal(err)
		}
		r := list[0].(resource.SSHD)
		if off := strings.Contains(string(r.Content), "\nHostKeyAlgorithms -ecdsa-*,sk-ecdsa-*\n"); off == c.stays {
			t.Errorf("%s: switched off: %v", name, off)
		}
		if strings.Contains(string(r.Content), "\n\n") || strings.Count(string(r.Content), "\n") != 16 {
			t.Errorf("%s: lines of\n%s", name, r.Content)
		}
		notes := strings.Join(r.Unmanaged(resource.Observed{}), "")
		if (notes != "") != c.stays || !strings.Contains(notes, c.kept) {
			t.Errorf("%s: told %q", name, notes)
		}
		change, err := r.Diff(resource.Observed{State: resource.Present, Attrs: map[string]string{}})
		if err != nil || !strings.HasPrefix(change.Reason, c.why) || (change.Reason == "") != (c.why == "") {
			t.Errorf("%s: %v, reason %q", name, err, change.Reason)
		}
	}
}

// TestSSHDPortThatAReloadMayShut: that of the connection, where it is ssh.service that
// listens there.
func TestSSHDPortThatAReloadMayShut(t *testing.T) {
	s := splitFirewallSite(t)
	for name, c := range map[string]struct {
		facts facts.Facts
		want  int
	}{
		"its own":         {facts.Facts{SSHPort: 2222, SSHPorts: []int{22, 2222}, SSHMain: []int{22, 2222}}, 2222},
		"a second sshd's": {facts.Facts{SSHPort: 2222, SSHPorts: []int{22, 2222}, SSHMain: []int{22}}, 0},
		"a socket's":      {facts.Facts{SSHPort: 22, SSHPorts: []int{22}}, 0},
		"not known":       {facts.Facts{}, 0},
	} {
		list, err := Base{}.sshd(s, c.facts)
		if err != nil || len(list) != 1 || list[0].(resource.SSHD).Port != c.want {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
	}
}
