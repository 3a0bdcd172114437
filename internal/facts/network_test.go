package facts

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
)

// hostOf is a folder with the programs and files that the script asks, and the script
// with its paths in that folder.
func hostOf(t *testing.T, programs, files map[string]string) Facts {
	t.Helper()
	dir := t.TempDir()
	put := func(path, text string, mode os.FileMode) {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"ip", "ss", "systemctl", "wg", "usr/sbin/sshd"} {
		put(name, "#!/bin/sh\ncase $* in\n"+programs[filepath.Base(name)]+"\nesac\n", 0o755)
	}
	for path, text := range files {
		put(path, text, 0o644)
	}
	text := strings.NewReplacer("/proc/\"$p\"", dir+"/proc/$p", "\"/proc/$1", "\""+dir+"/proc/$1", "/run/sshd.pid", dir+"/run/sshd.pid", "/etc/ssh/", dir+"/etc/ssh/", "/usr/sbin/sshd", dir+"/usr/sbin/sshd", "/sys/", dir+"/sys/").Replace(script)
	cmd := exec.Command("sh", "-c", "c='192.0.2.9 4711 10.8.0.1 22'\n"+text[strings.Index(text, "# Where sshd itself"):])
	cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := Read(answer(strings.Split(string(out), "\n")...))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return f
}

// says is a case of a program: what it prints for these arguments.
func says(args string, lines ...string) string {
	return "'" + args + "') cat <<'X'\n" + strings.Join(lines, "\n") + "\nX\n;;\n"
}

// TestWaysIn: the ports of sshd, whoever listens for it, and none that it forwards.
func TestWaysIn(t *testing.T) {
	const asked = "-Hltnp"
	listen := func(at, who string, pid int) string {
		return fmt.Sprintf(`LISTEN 0 128 %s 0.0.0.0:* users:(("%s",pid=%d,fd=3))`, at, who, pid)
	}
	process := func(files map[string]string, pid, parent int, group string) {
		files[fmt.Sprintf("proc/%d/status", pid)] = fmt.Sprintf("Name:\tsshd\nPPid:\t%d\nUid:\t0\n", parent)
		files[fmt.Sprintf("proc/%d/cgroup", pid)] = "1:name=systemd:" + group + "\n0::" + group + "\n"
	}
	base := func() map[string]string {
		files := map[string]string{"etc/ssh/sshd_config": "", "run/sshd.pid": "500\n"}
		process(files, 500, 1, "/system.slice/ssh.service")
		process(files, 600, 500, "/system.slice/ssh.service")              // a session without a unit of its own
		process(files, 700, 1, "/user.slice/user-0.slice/session-7.scope") // one that outlived a restart of sshd
		process(files, 800, 1, "/system.slice/sshd-backdoor.service")      // a second sshd
		return files
	}
	stale := base()
	delete(stale, "run/sshd.pid")
	const socketAsked = "show -p ActiveState -p Listen ssh.socket"
	for name, c := range map[string]struct {
		ss, systemctl, sshd string
		files               map[string]string
		want                []int
		main                []int
	}{
		"one":                           {says(asked, listen("0.0.0.0:22", "sshd", 500), listen("[::]:22", "sshd", 500)), "", "", base(), []int{22}, []int{22}},
		"two":                           {says(asked, listen("0.0.0.0:2222", "sshd", 500), listen("10.0.0.5:22", "sshd", 500), listen("*:2200", "sshd", 500)), "", "", base(), []int{22, 2200, 2222}, []int{22, 2200, 2222}},
		"a second sshd":                 {says(asked, listen("*:22", "sshd", 500), listen("*:2022", "sshd", 800)), "", "", base(), []int{22, 2022}, []int{22}},
		"on loopback alone":             {says(asked, listen("*:22", "sshd", 500), listen("127.0.0.1:2222", "sshd", 500), listen("[::1]:2223", "sshd", 500)), "", "", base(), []int{22}, []int{22, 2222, 2223}},
		"forwarded":                     {says(asked, listen("*:22", "sshd", 500), listen("*:8080", "sshd", 600), listen("0.0.0.0:9090", "sshd", 700), listen("*:7070", "sshd", 999)), "", "", base(), []int{22}, []int{22}},
		"others":                        {says(asked, listen("*:22", "sshd", 500), listen("*:80", "nginx", 501), listen("*:111", "systemd", 1)), says(socketAsked, "Listen=[::]:2299 (Stream)", "ActiveState=inactive"), "", base(), []int{22}, []int{22}},
		"a socket":                      {says(asked, listen("*:22", "systemd", 1), listen("*:2222", "systemd", 1)), says(socketAsked, "Listen=[::]:22 (Stream)", "Listen=0.0.0.0:2222 (Stream)", "Listen=/run/x (Stream)", "ActiveState=active"), "-T*) echo 'listenaddress [::]:4444';;", stale, []int{22, 2222}, nil},
		"an app's socket":               {says(asked, listen("*:22", "sshd", 500), `LISTEN 0 128 127.0.0.1:9000 *:* users:(("gunicorn",pid=9,fd=3),("systemd",pid=1,fd=58))`), says(socketAsked, "Listen=[::]:2299 (Stream)", "ActiveState=active"), "", base(), []int{22}, []int{22}},
		"a socket that sshd was handed": {says(asked, `LISTEN 0 128 *:22 *:* users:(("sshd",pid=500,fd=3),("systemd",pid=1,fd=50))`), "", "", base(), []int{22}, nil},
		"moves at its restart":          {says(asked, listen("*:22", "sshd", 500)), "", "-T*)echo 'port 22'; echo 'listenaddress [::]:2222'; echo 'listenaddress 127.0.0.1:99';;", stale, []int{22, 2222}, []int{22}},
		"no ss":                         {"*) exit 127;;", "", "*) exit 1;;", stale, nil, nil},
	} {
		f := hostOf(t, map[string]string{"ss": c.ss, "systemctl": c.systemctl, "sshd": c.sshd}, c.files)
		if !slices.Equal(f.SSHPorts, c.want) {
			t.Errorf("%s: %v, not %v", name, f.SSHPorts, c.want)
		}
		if slices.Sort(f.SSHMain); !slices.Equal(f.SSHMain, c.main) {
			t.Errorf("%s: a reload may shut %v, not %v", name, f.SSHMain, c.main)
		}
	}
	for _, c := range []struct {
		f     Facts
		given int
		want  []int
	}{
		{Facts{}, 22, []int{22}},
		{Facts{SSHPort: 22}, 2222, []int{22}}, // a router forwards 2222
		{Facts{SSHPort: 2222, SSHPorts: []int{22, 2222}}, 2222, []int{22, 2222}},
		{Facts{SSHPorts: []int{22}}, 2222, []int{22, 2222}},
	} {
		if got := c.f.Ways(c.given); !slices.Equal(got, c.want) {
			t.Errorf("%+v, %d: %v, not %v", c.f, c.given, got, c.want)
		}
	}
	f, err := Read(answer("sshd-port 99999", "sshd-port -1", "sshd-port 0"))
	if err != nil || f.SSHPorts != nil {
		t.Errorf("taken: %v, %v", f.SSHPorts, err)
	}
}

// TestAddressesOfAnyLink: as ip prints those of point-to-point links, VPNs, bridges of
// containers, and hosts without IPv4.
func TestAddressesOfAnyLink(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"usual": {[]string{
			`2: eth0    inet 10.0.0.5/24 brd 10.0.0.255 scope global dynamic eth0\       valid_lft 86000sec preferred_lft 86000sec`,
			`2: eth0    inet6 2001:db8::5/64 scope global \       valid_lft forever preferred_lft forever`}, "10.0.0.5/24 2001:db8::5/64"},
		"point to point": {[]string{
			`2: eth0    inet 203.0.113.7 peer 203.0.113.1/32 brd 203.0.113.7 scope global eth0\       valid_lft forever preferred_lft forever`,
			`3: tun0    inet 10.8.0.1 peer 10.8.0.2/32 scope global tun0\       valid_lft forever preferred_lft forever`,
			`3: tun0    inet6 fd00::1 peer fd00::2/128 scope global \       valid_lft forever preferred_lft forever`,
			`4: ppp0    inet 100.64.0.9 peer 100.64.0.1/32 scope global ppp0\       valid_lft forever preferred_lft forever`}, "203.0.113.7/32 10.8.0.1/32 fd00::1/128 100.64.0.9/32"},
		"several, and bridges of containers": {[]string{
			`1: lo    inet 192.0.2.77/32 scope global lo\       valid_lft forever preferred_lft forever`,
			`3: docker0    inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0\       valid_lft forever preferred_lft forever`,
			`4: eth0@if7    inet 10.0.0.5/24 scope global eth0\       valid_lft forever preferred_lft forever`,
			`4: eth0@if7    inet 10.0.0.6/24 scope global secondary eth0:1\       valid_lft forever preferred_lft forever`,
			`5: wg0    inet 10.9.0.1/24 scope global wg0\       valid_lft forever preferred_lft forever`}, "192.0.2.77/32 10.0.0.5/24 10.0.0.6/24 10.9.0.1/24 172.17.0.1/16"},
		"IPv6 only": {[]string{
			`2: ens3    inet6 2001:db8::5/128 scope global dynamic noprefixroute \       valid_lft 86000sec preferred_lft 86000sec`,
			`2: ens3    inet6 2001:db8::99/64 scope global temporary deprecated dynamic \       valid_lft 86000sec preferred_lft 0sec`}, "2001:db8::5/128 2001:db8::99/64"},
		"none": {nil, ""},
	} {
		f := hostOf(t, map[string]string{"ip": says("-o addr show scope global", c.lines...)}, nil)
		var got []string
		for _, a := range f.Addresses {
			got = append(got, a.String())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
}

// TestWithoutIPv6: a kernel without it lacks the list of its addresses.
func TestWithoutIPv6(t *testing.T) {
	if _, err := os.Stat("/proc/net/if_inet6"); err != nil {
		t.Skip("this machine has no IPv6")
	}
	for _, path := range []string{"/proc/net/if_inet6", "/proc/net/none"} {
		text := strings.ReplaceAll(Script(), "/proc/net/if_inet6", path)
		out, err := exec.Command("sh", "-c", ask.Script(asktest.Token, text)).Output()
		if err != nil {
			t.Fatal(err)
		}
		f, err := Read(asktest.Answer(strings.Split(string(out), "\n")...))
		if want := path == "/proc/net/none"; err != nil || f.NoIPv6 != want {
			t.Errorf("%s: %v, %v", path, f.NoIPv6, err)
		}
	}
}

// TestTunnel: the port of a tunnel that the other end keeps alive.
func TestTunnel(t *testing.T) {
	const ip, spoke, port = "-o addr show scope global", "show wg0 persistent-keepalive", "show wg0 listen-port"
	addresses := says(ip, "2: eth0    inet 10.0.0.5/24 scope global eth0", "5: wg0    inet 10.8.0.1/24 scope global wg0")
	tun := map[string]string{"sys/class/net/wg0/type": "65534\n"}
	const listening = "-Hlunp"
	open := func(ports ...string) string {
		for i, p := range ports {
			ports[i] = `UNCONN 0 0 ` + p + ` 0.0.0.0:* users:(("openvpn",pid=7,fd=6))`
		}
		return says(listening, append(ports, `UNCONN 0 0 0.0.0.0:123 0.0.0.0:* users:(("chronyd",pid=8,fd=6))`)...)
	}
	for name, c := range map[string]struct{ ss, holds, want string }{
		"a server":           {open("0.0.0.0:40000", "[::]:1194"), "tun0", "tun0 1194"},
		"one of another way": {open("[::]:1194"), "tun01", " 0"},
		"a client":           {open("0.0.0.0:40000"), "tun0", " 0"},
		"other ones":         {open(), "tun0", " 0"},
	} {
		f := hostOf(t, map[string]string{"ip": says(ip, "5: tun0    inet 10.8.0.1/24 scope global tun0"), "ss": c.ss, "wg": "*) exit 1;;"},
			map[string]string{"sys/class/net/tun0/type": "65534\n", "sys/class/net/tun0/tun_flags": "0x1001\n", "proc/7/fdinfo/6": "pos:\t0\niff:\t" + c.holds + "\n"})
		if got := fmt.Sprint(f.Tunnel, " ", f.TunnelPort); got != c.want {
			t.Errorf("%s of OpenVPN: %q, not %q", name, got, c.want)
		}
	}
	for name, c := range map[string]struct {
		ip, wg string
		files  map[string]string
		want   int
	}{
		"a hub":               {addresses, says(spoke, "AAA=\toff", "B9=\toff") + says(port, "51820"), tun, 51820},
		"without a length":    {says(ip, "5: wg0    inet 10.8.0.1 peer 10.8.0.2/32 scope global wg0"), says(spoke, "AAA=\toff") + says(port, "51820"), tun, 51820},
		"not of the kernel's": {addresses, says(spoke, "AAA=\toff") + says(port, "51820"), map[string]string{"sys/class/net/wg0/type": "65534\n", "sys/class/net/wg0/tun_flags": "0x1001\n"}, 51820},
		"it keeps one alive":  {addresses, says(spoke, "AAA=\t25", "B9=\toff") + says(port, "51820"), tun, 0},
		"by another way":      {says(ip, "2: eth0    inet 10.8.0.1/24 scope global eth0"), "*) exit 1;;", map[string]string{"sys/class/net/eth0/type": "1\n"}, 0},
		"not of WireGuard's":  {addresses, "*) echo 'Unable to access interface'; exit 1;;", tun, 0},
		"an answer of no use": {addresses, says(spoke, "AAA=\toff") + says(port, "51820x"), tun, 0},
	} {
		if f := hostOf(t, map[string]string{"ip": c.ip, "wg": c.wg}, c.files); f.TunnelPort != c.want || c.want > 0 && f.Tunnel != "wg0" {
			t.Errorf("%s: %q %d, not %d", name, f.Tunnel, f.TunnelPort, c.want)
		}
	}
}
