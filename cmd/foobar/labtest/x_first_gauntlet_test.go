//go:build lab && gauntlet

package labtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestXFirstMinutes is what a newcomer types, from init to status, on bare hosts, with
// monitoring and without. Between init and check only that is added to the inventory
// which the lab's network asks for.
func TestXFirstMinutes(t *testing.T) {
	for _, monitoring := range []string{"no", "yes"} {
		t.Run("monitoring-"+monitoring, func(t *testing.T) { firstMinutes(t, monitoring) })
	}
}

func firstMinutes(t *testing.T, monitoring string) {
	lab := otherLab(t)
	dir := filepath.Join(work, "first-"+monitoring)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	source := regexp.MustCompile(`(?m)^source = "(.*)"$`).FindStringSubmatch(lab)
	if err := os.CopyFS(filepath.Join(dir, "app"), os.DirFS(source[1])); err != nil {
		t.Fatal(err)
	}
	token := regexp.MustCompile(`(?m)^token = \{ file = "(.*)" \}$`).FindStringSubmatch(lab)
	t.Setenv("SUMOLOGIC_INSTALLATION_TOKEN", strings.TrimSpace(read(t, token[1])))

	s := onScreen(t, "cd "+dir+"; "+binary+" init")
	for _, a := range [][2]string{
		{"The site", "www.foobar.com"}, {"E-mail", "ops@foobar.com"}, {"Address of the load balancer", "10.77.0.11"},
		{"first server, web1", "10.77.0.12"}, {"next server, web2", "10.77.0.13"}, {"next server, web3", "10.77.0.14"}, {"next server, web4", ""},
		{"Folder with the app", ""}, {"Sumo Logic", monitoring},
	} {
		s.shows(a[0])
		if a[1] != "" {
			s.press("-l", a[1])
		}
		s.press("Enter")
	}
	s.shows("exit=0")

	path := filepath.Join(dir, "inventory.toml")
	text := strings.Replace(read(t, path), "[ssh]\n", table(lab, "[ssh]"), 1) + "\n" + table(lab, "[tls]")
	text = strings.Replace(text, "[app]\n", "[app]\npackages = [\"python3-pymysql\"]\n", 1) + "[db]\nbuffer_pool = \"256MiB\"\n"
	if monitoring == "yes" {
		endpoint := regexp.MustCompile(`(?m)^(endpoint|ca) = .*\n`).FindAllString(lab, -1)
		text = strings.Replace(text, "[monitoring]\n", "[monitoring]\n"+strings.Join(endpoint, ""), 1) + table(lab, "[monitoring.package]")
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []struct{ words, shows string }{
		{"check", "next: foobar deploy"}, {"deploy", "next: foobar status"}, {"status", "LAST RUN"}, {"plan", "no differences"},
	} {
		s.types(t, dir, verb.words, verb.shows)
	}
}

// types runs a command in the folder, says yes to what it asks, and waits for its end.
func (s *screen) types(t *testing.T, dir, words, want string) {
	t.Helper()
	s.tmux("respawn-pane", "-k", inTerminal("cd "+dir+"; "+binary+" "+words))
	for asked := ""; ; {
		now := s.showsWithin(3*time.Minute, "exit=", "[y/N]", "(yes/no)", "Make these", "q close and print")
		switch {
		case strings.Contains(now, "exit="):
			if !strings.Contains(now, "exit=0") || !strings.Contains(now, want) {
				t.Errorf("foobar %s does not end with %q:\n%s", words, want, now)
			}
			return
		case now == asked: // not redrawn yet
		case strings.Contains(now, "q close and print"):
			s.press("q")
		case strings.Contains(now, "Make these"):
			s.press("y")
		default:
			s.press("-l", "yes")
			s.press("Enter")
		}
		asked = now
	}
}
