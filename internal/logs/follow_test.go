package logs

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/play"
	"foobar/internal/sh/shtest"
)

// channel is a writer whose lines a test takes one by one.
type channel chan string

func (c channel) Write(p []byte) (int, error) { c <- string(p); return len(p), nil }

// following runs what follows the logs of a host, in a session of its own, and returns
// its lines as they are shown.
func following(t *testing.T, q Query, path string, services ...play.Service) (first string, lines channel, end func()) {
	t.Helper()
	run := func(script string) *exec.Cmd {
		cmd := exec.Command("/bin/sh", "-c", script)
		cmd.Env = []string{"PATH=" + path + ":/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		return cmd
	}
	a := q.On("web1", services)
	said, err := run(ask.Script(asktest.Token, q.Script(a))).Output()
	if err != nil {
		t.Fatal(err)
	}
	a.Read(asktest.Answer(strings.Split(string(said), "\n")...))
	var shown strings.Builder
	if err := q.Show([]*Answer{a}, false, &shown, &shown); err != nil {
		t.Fatal(err)
	}
	lines = make(channel, 100)
	heard := q.NewStream([]*Answer{a}, false, lines, func() {}).Heard(q, a)
	cmd := run(a.FollowScript(q))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		in := bufio.NewScanner(out)
		in.Buffer(nil, 1<<20)
		for in.Scan() {
			heard(in.Text())
		}
	}()
	return shown.String(), lines, func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
		_ = cmd.Wait()
	}
}

func (c channel) next(t *testing.T) string {
	t.Helper()
	select {
	case line := <-c:
		return line
	case <-time.After(20 * time.Second):
		t.Fatal("no line came")
		return ""
	}
}

// TestFollow: what was shown is not shown again, what is written later is, line by line
// and whole, also in a new file after a rotation.
func TestFollow(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "app.log")
	add := func(text string) {
		t.Helper()
		file, err := os.OpenFile(log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteString(text); err != nil {
			t.Fatal(err)
		}
		file.Close()
	}
	add("2026-01-31T11:00:00Z first\n2026-01-31T11:00:01Z second\n  of two lines\n")
	first, lines, end := following(t, Query{Service: "app", Lines: 2, Follow: true}, "", fileService(dir))
	defer end()
	if first != "2026-01-31T11:00:01.000Z  web1  app  second\n2026-01-31T11:00:01.000Z  web1  app    of two lines\n" {
		t.Errorf("first: %q", first)
	}
	long := strings.Repeat("long ", 1500)
	add("2026-01-31T11:00:02Z third \x1b[31mred\n  more\n2026-01-31T11:00:03Z " + long + "\n")
	for _, want := range []string{"11:00:02.000Z  web1  app  third red\n", "11:00:02.000Z  web1  app    more\n", "11:00:03.000Z  web1  app  " + strings.TrimSpace(long) + "\n"} {
		if got := lines.next(t); got != "2026-01-31T"+want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if err := os.Rename(log, log+".1"); err != nil {
		t.Fatal(err)
	}
	add("2026-01-31T11:00:04Z in a new file\n")
	if got := lines.next(t); !strings.HasSuffix(got, "in a new file\n") {
		t.Errorf("after the rotation: %q", got)
	}
}

// TestFollowTheJournal: an entry that both readings show is shown once.
func TestFollowTheJournal(t *testing.T) {
	bin := t.TempDir()
	fake := `#!/bin/sh
one='{"__CURSOR":"1","__REALTIME_TIMESTAMP":"1769857200000000","MESSAGE":"one"}'
echo "$one"
case $* in
*--follow*--no-tail*--since=@[0-9]*--grep=ufw*)
	echo "No journal files were found."
	echo '{"__CURSOR":"2","__REALTIME_TIMESTAMP":"1769857200000000","MESSAGE":"one"}'
	echo "{\"__CURSOR\":\"3\",\"__REALTIME_TIMESTAMP\":\"1769857201000000\",\"MESSAGE\":\"$(head -c 9000 /dev/zero | tr '\0' x)\"}"
	exec sleep 60 ;;
*--follow*) exit 1 ;;
esac
`
	if err := os.WriteFile(filepath.Join(bin, "journalctl"), []byte(fake), 0o755); err != nil {
		t.Fatal(err)
	}
	first, lines, end := following(t, Query{Service: "ufw", Lines: 9, Follow: true}, bin, site("mariadb")["web1"]...)
	defer end()
	if first != "2026-01-31T11:00:00.000Z  web1  ufw  one\n" {
		t.Errorf("first: %q", first)
	}
	for _, want := range []string{"2026-01-31T11:00:00.000Z  web1  ufw  one\n", "2026-01-31T11:00:01.000Z  web1  ufw  " + strings.Repeat("x", 9000) + "\n"} {
		if got := lines.next(t); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestFollowEndsWithItsReader: a host on which nothing is logged notices that nobody
// listens any more.
func TestFollowEndsWithItsReader(t *testing.T) {
	if !strings.Contains(followEnd, "sleep 15") {
		t.Fatal("the pause is another one")
	}
	script := strings.Replace(followEnd, "sleep 15", "sleep 0.1", 1)
	cmd := exec.Command("setsid", "-w", "/bin/sh", "-c", "sleep 600 &\n"+script)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	out.Close()
	if err := cmd.Wait(); err == nil {
		t.Error("it ended by itself")
	}
}

// TestFollowHostile: what is no line of a source is passed over, and nothing that a host
// says is kept without a bound.
func TestFollowHostile(t *testing.T) {
	q := Query{Service: "app", Lines: 1, Follow: true}
	a := q.On("web1", []play.Service{fileService("/nowhere")})
	lines := make(channel, 1)
	heard := q.NewStream([]*Answer{nil, a}, false, lines, func() {}).Heard(q, a)
	for _, line := range []string{"", "0", "0.", "-1. x", "7. x", "x. y", "0.x", ". x", "99999999999999999999. x", "0. no time"} {
		heard(line)
	}
	for range 100 {
		heard("0+ " + strings.Repeat("y", chunk))
	}
	heard("0. 2026-01-31T11:00:00Z \x1b]0;title\x07plain\u202e")
	for len(lines) > 0 {
		if got := <-lines; strings.ContainsAny(got, "\x1b\u202e") || len(got) > mostMessage+chunk {
			t.Errorf("%d bytes: %.80q", len(got), got)
		}
	}
}

// TestFollowUntilNobodyReads: the first line that cannot be written ends it, and a reader
// who has gone is no error.
func TestFollowUntilNobodyReads(t *testing.T) {
	for _, c := range []struct{ err, want error }{{syscall.EPIPE, nil}, {os.ErrClosed, os.ErrClosed}} {
		q := Query{Service: "app", Lines: 1, Follow: true}
		a := q.On("web1", []play.Service{fileService("/nowhere")})
		failed := 0
		s := Query{}.NewStream([]*Answer{a}, false, broken{c.err}, func() { failed++ })
		heard := s.Heard(q, a)
		heard("0. 2026-01-31T11:00:00Z one")
		heard("0. 2026-01-31T11:00:00Z two")
		if failed != 1 || !errors.Is(s.Err(), c.want) {
			t.Errorf("%v: %d times, %v", c.err, failed, s.Err())
		}
	}
}

type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

// TestFollowScriptIsGoodShell reads all that it may be made of.
func TestFollowScriptIsGoodShell(t *testing.T) {
	scripts := map[string]string{}
	for host, services := range site("mysql") {
		q := Query{Lines: 3, Follow: true}
		if a := q.On(host, services); a != nil {
			scripts["begin "+host] = ask.Script(asktest.Token, q.Script(a))
			a.Read(asktest.Answer())
			scripts["follow "+host] = a.FollowScript(q)
		}
	}
	shtest.Check(t, scripts)
}
