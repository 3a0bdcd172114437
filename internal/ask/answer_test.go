package ask_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/fault"
)

// shell runs scripts on this machine.
type shell struct{}

func (shell) Run(ctx context.Context, script string, line func(string)) (int, error) {
	cmd := exec.CommandContext(ctx, "/bin/sh")
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	in := bufio.NewReader(strings.NewReader(string(out)))
	for {
		l, err := in.ReadString('\n')
		if err != nil {
			break
		}
		line(strings.TrimSuffix(l, "\n"))
	}
	if cmd.ProcessState == nil {
		return 0, err
	}
	return cmd.ProcessState.ExitCode(), nil
}

// TestAskKeepsEveryByte: what a section holds comes as it is, whatever that is
// and however it ends.
func TestAskKeepsEveryByte(t *testing.T) {
	all := make([]byte, 255)
	for i := range all {
		all[i] = byte(i + 1)
	}
	texts := []string{"", "\n", "\n\n\n", "no end", "one\n", "two\n\n", "\n\nfirst", "\r\n\r", string(all), "begin x\ndone\n", strings.Repeat("\n", 200_000), strings.Repeat("x", 300_000)}
	dir, script := t.TempDir(), ask.Clock
	for i, text := range texts {
		path := filepath.Join(dir, string(rune('a'+i)))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		// Half of it, another section, the rest.
		script += "section text '" + path + "'; head -c " + "3" + " '" + path + "'\nsection between\nsection text '" + path + "'; tail -c +4 '" + path + "'\n"
	}
	a, err := ask.Bounds{}.Ask(context.Background(), shell{}, "echo before\n"+script)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		if got := a.Text("text " + filepath.Join(dir, string(rune('a'+i)))); got != text {
			t.Errorf("%.60q came as %.60q", text, got)
		}
	}
	if !a.Has("between") || a.Has("text") || a.Text("between") != "" || len(a.Sections()) != len(texts)+2 {
		t.Errorf("sections: %q", a.Sections())
	}
	if offset, within, ok := a.Offset(); !ok || offset.Abs() > time.Minute || within < 0 {
		t.Errorf("this machine's clock is %v off itself, to within %v (%v)", offset, within, ok)
	}
}

func TestAnswer(t *testing.T) {
	a := asktest.Answer("noise", "tok begin a", "one", "", "two", "tok begin b", "tok begin", "other begin c", "tok done", "after")
	if err := a.Err(); err != nil {
		t.Error(err)
	}
	if got := strings.Join(a.Lines("a"), "|"); got != "one|two" || a.Text("a") != "one\n\ntwo" {
		t.Errorf("%q, %q", got, a.Text("a"))
	}
	if len(a.Lines("none")) != 0 || a.Has("none") || a.Text("b") != "tok begin\nother begin c" {
		t.Errorf("b is %q", a.Text("b"))
	}
	if got := strings.Join(a.Said(), "|"); got != "noise|one|two|tok begin|other begin c" {
		t.Errorf("it said %q", got)
	}
	if _, _, ok := a.Offset(); ok {
		t.Error("it says the time")
	}
	// The fraction counts, and the way there and back is taken out.
	a = asktest.Answer("tok begin clock", "1795569841.355093002")
	a.Asked, a.Heard = a.Asked.Add(-5*time.Second), a.Heard.Add(-3*time.Second)
	if offset, within, ok := a.Offset(); offset.Round(time.Millisecond) != 4*time.Second || within != 1010*time.Millisecond || !ok {
		t.Errorf("%s ± %s, %v", offset, within, ok)
	}
	for _, text := range []string{"", "-1.5", "99999999999999", "soon"} {
		if offset, _, ok := asktest.Answer("tok begin clock", text).Offset(); ok {
			t.Errorf("a clock of %q is %v off", text, offset)
		}
	}
}

// TestAskHearsToTheEnd: an answer that was cut off is none, and says what was
// said last.
func TestAskHearsToTheEnd(t *testing.T) {
	a, err := ask.Bounds{}.Ask(context.Background(), shell{}, "section a\necho one\nexit 3\n")
	if fault.Of(err) != fault.AnswerCut || a.Status != 3 || strings.Join(a.Said(), "|") != "one" {
		t.Errorf("status %d, %v, it said %q", a.Status, err, a.Said())
	}
	endless := &host{answer: func(ctx context.Context, line func(string)) (int, error) {
		for ctx.Err() == nil {
			line("")
		}
		return 0, ctx.Err()
	}}
	if _, err := (ask.Bounds{}).Ask(context.Background(), endless, ""); fault.Of(err) != fault.TooMuchOutput {
		t.Errorf("without end: %v", err)
	}
}

func TestEach(t *testing.T) {
	for _, forks := range []int{0, 1, 3, 100} {
		var now, most, sum atomic.Int32
		ask.Each(forks, []int{1, 2, 3, 4, 5, 6, 7, 8}, func(i, item int) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			sum.Add(int32(10*i + item))
			now.Add(-1)
		})
		if forks > 0 && int(most.Load()) > forks || sum.Load() != 280+36 {
			t.Errorf("%d forks: %d at once, sum %d", forks, most.Load(), sum.Load())
		}
	}
	ask.Each(0, []int{}, func(int, int) { t.Error("nothing to do, and done") })
}
