//go:build lab && gauntlet

package labtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
)

// TestSHostThatStallsFiles: a host whose SFTP server never greets is given up, the others
// are put right, and the next run finishes. A file comes that way when it is large.
func TestSHostThatStallsFiles(t *testing.T) {
	const server = "/usr/lib/openssh/sftp-server"
	if err := os.WriteFile(filepath.Join(work, "large.conf"), []byte(strings.Repeat("# "+strings.Repeat("x", 70)+"\n", 890)), 0o600); err != nil {
		t.Fatal(err)
	}
	large := edit(t, "large.toml", "[app]\n", "[web]\nsnippet = \"large.conf\"\n\n[app]\n")
	must(t, 0, "deploy", large)
	on(t, "web1", "mv "+server+" "+server+".kept && printf '#!/bin/sh\\nexec sleep 600\\n' >"+server+" && chmod 0755 "+server)
	defer on(t, "web1", "[ ! -e "+server+".kept ] || mv -f "+server+".kept "+server)
	const file = "/etc/systemd/journald.conf.d/10-foobar.conf"
	on(t, "web1", "echo '# drift' >>/etc/nginx/nginx.conf")
	on(t, "web2", "echo '# drift' >>"+file)
	began := time.Now()
	r := must(t, 4, "deploy", "--timeout", "5s", large)
	if took := time.Since(began); took > time.Minute || !strings.Contains(r.all(), "SSH18") {
		t.Errorf("after %v: %s", took, tail(r.all(), 30))
	}
	if strings.Contains(on(t, "web2", "cat "+file), "# drift") {
		t.Error("web2 was not put right")
	}
	on(t, "web1", "mv -f "+server+".kept "+server)
	must(t, 0, "deploy", large)
	must(t, 0, "deploy", site)
	converged(t, site, 4)
}

// TestSHostThatPaints: a run that a host made up is listed as told by that host, and
// nothing of it reaches a terminal that could change the screen.
func TestSHostThatPaints(t *testing.T) {
	const file = "/var/lib/foobar/history.jsonl"
	on(t, "web1", "cp -p "+file+" "+file+".kept")
	defer on(t, "web1", "mv -f "+file+".kept "+file)
	on(t, "web1", `printf '%s\n' '{"v":1,"id":"29990101T000000Z-abcdef","at":"2999-01-01T00:00:00Z","by":"root@\u001b]52;c;eA==\u0007\u009b2Jdesk\u202e\u200b","verb":"deploy","outcome":"ok","changed":1}' >>`+file)
	plain := must(t, 0, "history", "--hosts", site).out
	var doc struct {
		Runs []struct {
			ID   string
			Told []string `json:"told_by"`
		}
	}
	raw := must(t, 0, "history", "--hosts", "-o", "json", site).out
	if err := json.Unmarshal([]byte(raw), &doc); err != nil {
		t.Fatal(err)
	}
	last := doc.Runs[len(doc.Runs)-1]
	if last.ID != "29990101T000000Z-abcdef" || len(last.Told) != 1 || last.Told[0] != "web1" || !strings.Contains(plain, "root@desk") {
		t.Errorf("%+v\n%s", last, plain)
	}
	shown := plain + raw + must(t, 0, "exec", "-l", "web1", site, "--", `printf 'a\033]52;c;eA==\007\302\233m\342\200\256b\n'`).out
	for _, r := range shown {
		if r != '\n' && (!unicode.IsPrint(r) || unicode.Is(unicode.Cf, r)) {
			t.Fatalf("%U is shown:\n%q", r, shown)
		}
	}
}
