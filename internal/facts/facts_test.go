package facts

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
)

func TestScriptAnswersOnThisMachine(t *testing.T) {
	out, err := exec.Command("sh", "-c", ask.Script(asktest.Token, Script())).Output()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Read(asktest.Answer(strings.Split(string(out), "\n")...))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if f.OS == "" || f.CPUs < 1 || f.Memory < 1<<20 || f.Arch == "" || f.Hostname == "" {
		t.Errorf("facts are missing: %+v", f)
	}
}

// TestWhereItComesFrom: what sshd says of a connection.
func TestWhereItComesFrom(t *testing.T) {
	for said, want := range map[string]string{
		"10.0.0.9 50000 10.0.0.11 2222":      "10.0.0.9 2222",
		"::ffff:10.0.0.9 50000 10.0.0.11 22": "10.0.0.9 22",
		"127.0.0.1 50000 127.0.0.1 22":       "invalid IP 22", // the end of a tunnel
		"::1 50000 ::1 22":                   "invalid IP 22",
		"UNKNOWN 65535 UNKNOWN 65535":        "invalid IP 0", // no socket: ssh_remote_ipaddr of OpenSSH
	} {
		cmd := exec.Command("sh", "-c", ask.Script(asktest.Token, Script()))
		cmd.Env = append(os.Environ(), "SSH_CONNECTION="+said)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		f, err := Read(asktest.Answer(strings.Split(string(out), "\n")...))
		if got := fmt.Sprint(f.SSHClient, " ", f.SSHPort); err != nil || got != want {
			t.Errorf("%s: %s, %v", said, got, err)
		}
	}
}

func answer(lines ...string) *ask.Answer {
	all := append([]string{"noise", "", "tok begin facts", "os debian", "release 13", "pretty Debian GNU/Linux 13 (trixie)"}, lines...)
	return asktest.Answer(append(all, "tok done")...)
}

func TestParse(t *testing.T) {
	f, err := Read(answer("address 10.0.0.1/24", "address fd77::1/64", "db installed", "db version 11.8.3-MariaDB",
		"db read_only 1", "db source 10.0.0.2", "db position 0-1-7", "db login app_rw 00ff", "db login app_rw 00ff", "db accounts 6 147", "db accounts 0 0", "something new 1", "tok begin ledger", `{"version":1,"site":"x",`, `"owned":["file:/b","file:/a"]}`))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(f.Owned, " ") != "file:/a file:/b" {
		t.Errorf("owned: %v", f.Owned)
	}
	if d := f.Database; !d.Installed || !d.Running || !d.ReadOnly || d.Source != "10.0.0.2" || d.Position != "0-1-7" || len(d.Logins) != 1 || d.Logins[0] != (Login{"app_rw", "00ff"}) || d.Accounts != "6 147;0 0;" {
		t.Errorf("database: %+v", d)
	}
	if !f.Has(f.Addresses[1].Addr()) {
		t.Error("its own address is not known")
	}
}

// TestFactsInAFile: facts that were kept are equal to the same ones that are read anew,
// which saves working out what is wanted of a host a second time.
func TestFactsInAFile(t *testing.T) {
	read := func(position string) Facts {
		f, err := Read(answer("virt none", "cpus 2", "memory-kb 4096", "open-files 1024", "ssh-port 22", "ssh-client 10.0.0.9", "sshd-port 22", "sshd-main 22",
			"address 10.0.0.1/24", "address fd77::1/64", "db installed mariadb", "db version 11.8.3-MariaDB", "db position "+position, "db login app_rw 00ff",
			"tls-chain -----BEGIN CERTIFICATE-----", "tls-chain aaaa", "tls-chain -----END CERTIFICATE-----",
			"tok begin ledger", `{"version":1,"site":"x","owned":["file:/a"],"found":{"firewall:ufw":["allow 22"],"db:accounts":[]},"key":"k"}`))
		if err != nil {
			t.Fatal(err)
		}
		f.HostKeys = HostKeys{Kinds: []string{"ssh-ed25519"}}
		return f
	}
	text, err := json.Marshal(read("0-1-7"))
	if err != nil {
		t.Fatal(err)
	}
	var kept Facts
	if err := json.Unmarshal(text, &kept); err != nil {
		t.Fatal(err)
	}
	if now := read("0-1-8"); !reflect.DeepEqual(kept.Lasting(), now.Lasting()) {
		t.Errorf("kept:\n%+v\nread:\n%+v", kept.Lasting(), now.Lasting())
	}
}

func TestDamagedAnswersAreErrors(t *testing.T) {
	for name, a := range map[string]*ask.Answer{
		"cut off":        asktest.Answer("tok begin facts", "os debian"),
		"nothing known":  asktest.Answer("tok begin facts", "tok done"),
		"not a number":   answer("cpus many"),
		"not an address": answer("address here"),
		"broken ledger":  answer("tok begin ledger", "{"),
	} {
		if _, err := Read(a); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
