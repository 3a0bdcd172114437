package lab

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPlanNumbersHostsInOrder(t *testing.T) {
	hosts, err := plan(nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range hosts {
		got = append(got, h.Name+" "+h.V4.String()+" "+h.V6.String()+" "+strings.Join(h.Roles(), ","))
	}
	want := []string{"lb1 10.77.0.11 fd77::11 lb", "web1 10.77.0.12 fd77::12 ", "web2 10.77.0.13 fd77::13 ", "web3 10.77.0.14 fd77::14 "}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if front(hosts).Name != "lb1" || front(hosts[1:]).Name != "web1" {
		t.Error("the site stands at the balancer, else at the first host")
	}
}

func TestPlanRefuses(t *testing.T) {
	many := make([]string, maxHosts+1)
	for i := range many {
		many[i] = "h" + strings.Repeat("x", i%20)
	}
	for _, names := range [][]string{{"web1", "web1"}, {"Web"}, {"-x"}, {"x-"}, {"a/../b"}, {""}, {"1a"}, {strings.Repeat("a", 32)}, many} {
		if hosts, err := plan(names); err == nil {
			t.Errorf("%q: got %v", names[:1], hosts)
		}
	}
}

func TestOpenRefusesNamesThatArePaths(t *testing.T) {
	for _, name := range []string{"../x", "a/b", "A", "a b", "-", strings.Repeat("a", 33), "x;y"} {
		if _, err := Open(name, nil); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
	if l, err := Open("", nil); err != nil || l.Name != DefaultName {
		t.Errorf("no name: %v, %v", l, err)
	}
}

func TestInventoryNamesOnlyWhatIsThere(t *testing.T) {
	hosts, err := plan([]string{"lb1", "app1", "db1", "web1"})
	if err != nil {
		t.Fatal(err)
	}
	l := &Lab{Name: "lab", Program: "/opt/my bin/foobar"}
	bare := l.inventory(&shape{Hosts: hosts}, "admin")
	full := l.inventory(&shape{Hosts: hosts, App: "/a", Collector: "/c.deb"}, "admin")
	for _, tc := range []struct {
		text, part string
		want       bool
	}{
		{bare, "user = \"admin\"\n", true},
		{bare, `proxy_command = "'/opt/my bin/foobar' lab dial %h %p"`, true},
		{bare, "[app]", false},
		{bare, "enabled = false", true},
		{full, "[app]\nsource = \"/a\"\n", true},
		{full, "enabled = false", false},
		{full, `endpoint = "https://10.77.0.1:8088"`, true},
		{full, "token = { file = \"/var/lib/foobar-lab/lab/token\" }\n\n[monitoring.package]\nfile = \"/c.deb\"\n", true},
		{full, "[hosts.db1]\naddress = \"10.77.0.13\"\nprivate_address = [\"10.77.0.13\", \"fd77::13\"]\nroles = [\"db\"]\n", true},
		{full, "[hosts.web1]\naddress = \"10.77.0.14\"\nprivate_address = [\"10.77.0.14\", \"fd77::14\"]\n", true},
	} {
		if strings.Contains(tc.text, tc.part) != tc.want {
			t.Errorf("%q: want %v in:\n%s", tc.part, tc.want, tc.text)
		}
	}
	l.Name = "two"
	if text := l.inventory(&shape{Hosts: hosts}, "root"); !strings.Contains(text, `"env FOOBAR_LAB=two '/opt/my bin/foobar' lab dial`) {
		t.Errorf("another lab's proxy command does not name it:\n%s", text)
	}
}

func TestMirrorsOfTheMachine(t *testing.T) {
	for _, tc := range []struct {
		name, sources string
		want          mirrors
	}{
		{"none", "deb http://near.example/ubuntu noble main", mirrors{}},
		{"one line", "# deb http://old/debian x\ndeb [signed-by=/k] http://near.example/debian/ trixie main\ndeb http://near.example/debian-security trixie-security main",
			mirrors{"http://near.example/debian", "http://near.example/debian-security"}},
		{"deb822", "Types: deb\nURIs: https://near.example/debian\nSuites: trixie\n", mirrors{"https://near.example/debian", ""}},
		{"others first", "deb https://packages.example/apt x main\nURIs: http://near.example/debian\n", mirrors{"http://near.example/debian", ""}},
	} {
		if got := findMirrors([]byte(tc.sources)); got != tc.want {
			t.Errorf("%s: got %+v, want %+v", tc.name, got, tc.want)
		}
	}
	if n := len((mirrors{Debian: "https://near.example/debian"}).sources("trixie")); n != 2 {
		t.Errorf("without a security archive: %d sources", n)
	}
}

func TestImageKeyFollowsWhatItIsMadeOf(t *testing.T) {
	a, b := imageKey([]string{"x", "y"}), imageKey([]string{"xy"})
	if a == b || len(a) != 12 || a != imageKey([]string{"x", "y"}) {
		t.Errorf("keys %s and %s", a, b)
	}
}

// TestReleasesOfALab: each has an image of its own, and the default's is the one
// that labs without a choice share.
func TestReleasesOfALab(t *testing.T) {
	l := &Lab{Name: "lab"}
	images := map[string]string{}
	for asked, want := range map[string]string{"": "trixie", "trixie": "trixie", "13": "trixie", "bookworm": "bookworm", "12": "bookworm"} {
		r, err := releaseOf(asked)
		if err != nil || r.Codename != want {
			t.Errorf("release %q is %q, %v", asked, r.Codename, err)
		}
		images[r.Codename] = l.imageOf(r.Codename)
	}
	if len(images) != 2 || images["trixie"] == images["bookworm"] {
		t.Errorf("images %v", images)
	}
	for asked, say := range map[string]string{"bullseye": "the lab has trixie and bookworm", "noble": "the lab has trixie and bookworm"} {
		if _, err := releaseOf(asked); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("release %q: %v", asked, err)
		}
	}
	if _, err := (mirrors{}).engineSources("mysql", "bookworm"); err == nil || !strings.Contains(err.Error(), "for trixie alone") {
		t.Errorf("MySQL on bookworm: %v", err)
	}
	if _, err := (mirrors{}).engineSources("mysql", "trixie"); err != nil {
		t.Error(err)
	}
}

func TestMissingTools(t *testing.T) {
	got := missing(func(p string) bool { return p != "mmdebstrap" && p != "systemd-nspawn" }, false)
	if want := []string{"systemd-container", "mmdebstrap", "debian-archive-keyring"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestStartTime(t *testing.T) {
	tail := " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20"
	if got, err := startTime("12 (a ) b) S" + tail); err != nil || got != 4711 {
		t.Errorf("got %d, %v", got, err)
	}
	if _, err := startTime("12 (x) Z" + tail); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a zombie: %v", err)
	}
	if _, err := startTime("junk"); err == nil {
		t.Error("junk was read")
	}
}

func TestOnlyTheSameProcessIsKilled(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go cmd.Wait()
	p, err := identify(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	other := p
	other.Start--
	if err := other.kill(0); err != nil || !p.alive() {
		t.Fatalf("a process of another start time was killed (%v)", err)
	}
	if err := p.kill(time.Second); err != nil || p.alive() {
		t.Fatalf("the process lives on (%v)", err)
	}
	if err := p.kill(time.Second); err != nil {
		t.Errorf("killing it again: %v", err)
	}
}

func TestParseKin(t *testing.T) {
	k := parseKin("Name:\tsystemd\nPPid:\t42\nNSpid:\t4711\t1\n")
	if k.parent != 42 || !k.first {
		t.Errorf("got %+v", k)
	}
	if k := parseKin("PPid:\t1\nNSpid:\t1\n"); k.first {
		t.Error("the machine's own init is nobody's host")
	}
}

func TestHostNetworkAndKnownHosts(t *testing.T) {
	h := Host{"web1", netip.MustParseAddr("10.77.0.12"), netip.MustParseAddr("fd77::12")}
	for _, part := range []string{"Address=10.77.0.12/24\n", "Address=fd77::12/64\n", "DHCP=no\n"} {
		if !strings.Contains(network(h), part) {
			t.Errorf("no %q in:\n%s", part, network(h))
		}
	}
	if got := knownHosts([]Host{h}, "ssh-ed25519 AAAA"); got != "web1,10.77.0.12,fd77::12 ssh-ed25519 AAAA\n" {
		t.Errorf("got %q", got)
	}
}

func TestPebbleConfigIsWhatPebbleReads(t *testing.T) {
	data, err := pebbleConfig("/c", "/k")
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Pebble struct {
			ListenAddress, Certificate string
			HTTPPort                   int
		}
	}
	if err := json.Unmarshal(data, &c); err != nil || c.Pebble.ListenAddress != "10.77.0.1:14000" || c.Pebble.HTTPPort != 80 || c.Pebble.Certificate != "/c" {
		t.Errorf("%v in %s", err, data)
	}
}

func TestReplaceFileLeavesNoHalves(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	for _, text := range []string{"one", "two"} {
		if err := replaceFile(name, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	data, _ := os.ReadFile(name)
	info, _ := os.Stat(name)
	left, _ := os.ReadDir(filepath.Dir(name))
	if string(data) != "two" || info.Mode().Perm() != 0o640 || len(left) != 1 {
		t.Errorf("%q, %v, %d files", data, info.Mode(), len(left))
	}
}

func TestLastLine(t *testing.T) {
	if got := lastLine([]byte("a\nb\n"), errors.New("x")); got != "b" {
		t.Errorf("got %q", got)
	}
	if got := lastLine(nil, errors.New("x")); got != "x" {
		t.Errorf("got %q", got)
	}
}
