package roles

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/inventory"
)

// TestSnippets: the checkers' words about lines of a snippet name its own file and line.
func TestSnippets(t *testing.T) {
	s, h := allInOne(t)
	s.Inv.Web.Snippet, s.Inv.LB.Snippet = "/op's/nginx.snippet", "/ops/haproxy.snippet"
	s.Secrets["web.snippet"], s.Secrets["lb.snippet"] = secret.New("location = /hi { return 204; }\r\nfoo bar;"), secret.New("    http-request deny if { path /x }\n    foo\n")
	for _, c := range []struct {
		role                     play.Role
		host                     *inventory.Host
		path, bad, says, program string
	}{
		{Nginx{}, h, nginxConf, "foo bar;\n", `2026/11/27 03:03:38 [emerg] 3996#3996: unknown directive "foo" in FILE:LINE`, "nginx"},
		{HAProxy{}, s.Inv.Host("lb1"), haproxyConf, "    foo\n", "[ALERT]    (712) : config : parsing [FILE:LINE] : unknown keyword 'foo' in 'frontend' section", "haproxy"},
	} {
		f, ok := wanted(t, c.role, s, c.host)[resource.NewID("file", c.path)].(resource.File)
		before, _, found := strings.Cut(string(f.Content), c.bad)
		if !ok || !found {
			t.Fatalf("the snippet is not in %s:\n%s", c.path, f.Content)
		}
		line := strings.Count(before, "\n") + 1
		for at, want := range map[int]string{line: ".snippet:2: unknown ", line + 2: ".snippet may be why", 1: ".snippet may be why"} {
			dir := t.TempDir()
			says := strings.NewReplacer("FILE", c.path, "LINE", strconv.Itoa(at)).Replace(c.says)
			if err := os.WriteFile(filepath.Join(dir, c.program), []byte("#!/bin/sh\ncase $* in *-q*haproxy*) exit 1 ;; esac\ncat >&2 <<'E'\n"+says+"\nE\nexit 1\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("sh", "-euc", "check(){\n"+strings.ReplaceAll(f.Check, "%s", c.path)+"\n}\ncheck")
			cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
			if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), want) || !strings.Contains(string(out), says) && strings.Contains(want, "may be why") {
				t.Errorf("%s at %d: %v, no %q in %s", c.program, at, err, want, out)
			}
		}
	}
	delete(s.Secrets, "web.snippet")
	delete(s.Secrets, "lb.snippet")
	if f := wanted(t, HAProxy{}, s, s.Inv.Host("lb1"))[resource.NewID("file", haproxyConf)].(resource.File); f.Check != "haproxy -c -q -f %s || { haproxy -c -f %s; exit 1; }" {
		t.Errorf("without a snippet the check is %s", f.Check)
	}
	if f := wanted(t, Nginx{}, s, h)[resource.NewID("file", nginxConf)].(resource.File); f.Check != "nginx -t -q -c %s" || strings.Contains(string(f.Content), "snippet") {
		t.Errorf("without a snippet the check is %s", f.Check)
	}
}
