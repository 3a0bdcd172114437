package scale

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"foobar/internal/remote/sshtest"
)

// asked is how a script says which word frames its answer.
var asked = regexp.MustCompile(`(?m)\bask=(foobar-[a-z0-9]+)$`)

// frame stands for that word in a recording.
const frame = "@FRAME@"

// answer is what a host prints to its nth script, framed with the word.
type answer func(n int, script []byte, word string) []byte

// speak serves the root shell of a host; its other sessions are not taken.
func speak(say answer) func(string, ssh.Channel) bool {
	return func(command string, c ssh.Channel) bool {
		if !strings.Contains(command, "foobar.XXXXXX") || !sshtest.Ready(command, c, "/run/foobar.x") {
			return false
		}
		in := bufio.NewReaderSize(c, 64<<10)
		for n := 1; ; {
			line, err := in.ReadString('\n')
			word := strings.Fields(line)
			if err != nil || len(word) < 3 {
				return true
			}
			size, err := strconv.Atoi(word[2])
			if err != nil || size > 16<<20 {
				return true
			}
			script := make([]byte, size)
			if _, err := io.ReadFull(in, script); err != nil {
				return true
			}
			var said []byte
			if word[0] == "run" {
				m := asked.FindSubmatch(script)
				if m != nil {
					said = say(n, script, string(m[1]))
					n++
				}
			}
			fmt.Fprintf(c, "\n%s begin\n%s\n%s 0\n", word[1], said, word[1])
		}
	}
}

// file is where a host's nth answer is recorded.
func file(like string, n int) string {
	return filepath.Join("testdata", fmt.Sprintf("%s-%d.txt", like, n))
}

// replay answers from the recording of a host like this one. Where foobar has learned to
// ask otherwise since, its plan is full of differences, and record.sh has to run again.
func replay(t testing.TB, h host) answer {
	var said [][]byte
	old := map[string]string{"lb1": "10.77.0.11", "db1": "10.77.0.12", "web1": "10.77.0.13"}[h.like]
	for n := 1; ; n++ {
		text, err := os.ReadFile(file(h.like, n))
		if err != nil {
			break
		}
		if h.name != h.like {
			text = bytes.ReplaceAll(text, []byte(h.like), []byte(h.name))
			text = regexp.MustCompile(regexp.QuoteMeta(old)+`\b`).ReplaceAll(text, []byte(h.address.String()))
		}
		said = append(said, text)
	}
	if len(said) == 0 {
		t.Fatalf("nothing is recorded of %s", h.like)
	}
	return func(n int, _ []byte, word string) []byte {
		n = min(n, len(said)) // more than was recorded: foobar asks otherwise now
		return bytes.ReplaceAll(said[n-1], []byte(frame), []byte(word))
	}
}

// TestRecord records the answers of lab hosts to a plan that finds nothing to do, when
// FOOBAR_SCALE_LAB names a lab with the hosts lb1, db1, web1 and web2, and FOOBAR_BIN
// the binary. See record.sh.
func TestRecord(t *testing.T) {
	lab, binary := os.Getenv("FOOBAR_SCALE_LAB"), os.Getenv("FOOBAR_BIN")
	if lab == "" {
		t.Skip("FOOBAR_SCALE_LAB names no lab")
	}
	hosts, dir := fleet(4), t.TempDir()
	real := writeSite(t, dir, hosts, os.Getenv("FOOBAR_SCALE_SSH"))
	if out, err := exec.Command(binary, "deploy", "-y", real).CombinedOutput(); err != nil {
		t.Fatalf("deploy: %v\n%s", err, out)
	}
	old, _ := filepath.Glob("testdata/*.txt")
	for _, name := range old {
		os.Remove(name)
	}
	s := serve(t, hosts, func(h host) answer { return record(t, lab, binary, h) })
	out, err := s.plan(binary).CombinedOutput()
	t.Logf("%v\n%s", err, out)
}

// secrets are what must not be kept of a recording: hashes of passwords.
var secrets = regexp.MustCompile(`\*[0-9A-F]{40}`)

// record lets a lab host run each script, and keeps what it says of it.
func record(t testing.TB, lab, binary string, h host) answer {
	return func(n int, script []byte, word string) []byte {
		cmd := exec.Command(binary, "lab", "exec", h.name, "--", "env", "-i", "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive",
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c", "mkdir -p /run/foobar.x; umask 022; cd /; exec sh")
		cmd.Env = append(os.Environ(), "FOOBAR_LAB="+lab)
		cmd.Stdin = bytes.NewReader(script)
		said, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s, script %d: %v", h.name, n, err)
		}
		if h.name == h.like {
			kept := secrets.ReplaceAll(bytes.ReplaceAll(said, []byte(word), []byte(frame)), []byte("*"+strings.Repeat("0", 40)))
			if err := os.WriteFile(file(h.like, n), kept, 0o644); err != nil {
				t.Error(err)
			}
		}
		return said
	}
}
