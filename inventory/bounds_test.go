package inventory

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// filled is a text of the largest size that an inventory may have.
func filled(before, after string, each func(i int) string) string {
	b := []byte(before)
	for i := 0; ; i++ {
		next := each(i)
		if len(b)+len(next)+len(after) > maxSize {
			return string(b) + after
		}
		b = append(b, next...)
	}
}

// TestAnyTextIsAnswered: a file of the largest size is judged before anybody thinks
// that the program hangs, with few and short errors, whatever it is full of.
func TestAnyTextIsAnswered(t *testing.T) {
	same := func(s string) func(int) string { return func(int) string { return s } }
	for name, text := range map[string]string{
		"brackets":          filled("", "", same("[")),
		"lists":             filled("x = ", "", same("[")),
		"tables in tables":  filled("x = ", "", same("{a=")),
		"a long path":       filled("", "a = 1", same("a.")),
		"a long table name": filled("[", "a]", same("a.")),
		"quoted dots":       filled("", "a = 1", same("\"a\".")),
		"unknown keys":      filled("", "", func(i int) string { return fmt.Sprintf("k%d=1\n", i) }),
		"unknown tables":    filled("", "", func(i int) string { return fmt.Sprintf("[t%d]\n", i) }),
		"hosts":             filled(minimal, "", func(i int) string { return fmt.Sprintf("[hosts.h%d]\n", i) }),
		"hosts of one":      filled(minimal, "", func(i int) string { return fmt.Sprintf("[hosts.h%d]\naddress=\"10.9.9.9\"\n", i) }),
		"a list":            filled("[deploy]\nkeep = [", "]", func(i int) string { return fmt.Sprintf("\"%d\",", i) }),
		"ports":             filled("[firewall]\nloopback_ports = [", "]", func(i int) string { return fmt.Sprintf("%d,", 1+i%65535) }),
		"rules":             filled(minimal, "", func(i int) string { return fmt.Sprintf("[[firewall.extra]]\nport=%d\nhosts=[\"x\"]\n", 1+i%65535) }),
		"variables":         filled("[app.env]\n", "", func(i int) string { return fmt.Sprintf("A%d=\"x\"\n", i) }),
		"a long value":      filled("[site]\ndomain = \"", "\"", same("a")),
		"a long key":        filled("", " = 1", same("a")),
		"a string":          filled("x = \"\"\"", "\"\"\"", same("a\n")),
		"an open string":    filled("x = \"\"\"", "", same("a\n")),
		"comments":          filled("", "", same("#\n")),
		"nothing":           filled("", "", same("\n")),
		"bytes":             filled("", "", func(i int) string { return string([]byte{byte(i)}) }),
		"YAML":              filled("", "", same("hosts: [a, b]\n")),
	} {
		if len(text) > maxSize {
			t.Fatalf("%s: %d bytes", name, len(text))
		}
		done := make(chan error, 1)
		go func() {
			_, err := Parse("testdata/i.toml", []byte(text))
			done <- err
		}()
		select {
		case err := <-done:
			var errs *Errors
			if errors.As(err, &errs) && len(errs.List) > mostErrors {
				t.Errorf("%s: %d errors", name, len(errs.List))
			}
			if err == nil || len(err.Error()) > mostErrors*(mostMessage+300) {
				t.Errorf("%s: %.300v", name, err)
			}
		case <-time.After(time.Minute): // a second or two where nothing else runs
			t.Errorf("%s: there is no answer", name)
		}
	}
}
