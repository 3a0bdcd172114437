//go:build lab && gauntlet

package labtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestXDayTwo does what docs/day-two.md says, as it stands there: every sh block is
// run, every toml block goes into the inventory. It takes the four hosts of the others
// away.
func TestXDayTwo(t *testing.T) {
	d := dayTwo{t: t, dir: filepath.Join(work, "day-two"), inv: otherLab(t, "--hosts", "lb1,web1,web2,web3,web4")}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	d.web4 = table(d.inv, "[hosts.web4]")
	if d.web4 == "" {
		t.Fatalf("no web4 in\n%s", d.inv)
	}
	d.inv = strings.Replace(d.inv, d.web4, "", 1)
	d.ownSource()
	d.save()
	d.sh("foobar deploy")
	d.file("old.sql", "CREATE TABLE old_notes (id INT PRIMARY KEY);\nINSERT INTO old_notes VALUES (1), (2);\n")
	blocks := regexp.MustCompile("(?s)```(sh|toml|toml delete)\n(.*?)```").FindAllStringSubmatch(read(t, "../../../docs/day-two.md"), -1)
	if len(blocks) < 15 {
		t.Fatalf("the page has only %d blocks", len(blocks))
	}
	for _, b := range blocks {
		switch b[1] {
		case "toml":
			d.set(b[2])
		case "toml delete":
			d.inv = strings.Replace(d.inv, d.web4, "", 1)
			d.save()
		default:
			d.run(b[2])
		}
	}
	if said := d.sh("foobar plan"); !strings.Contains(said, "no differences") {
		t.Errorf("at the end plan says\n%s", said)
	}
	if got := curl(t, "-o", "/dev/null", "-w", "%{http_code}", "https://www.foobar.com/"); got != "200" {
		t.Errorf("at the end the site answers %s", got)
	}
	eventually(t, 20*time.Second, "the old rows on a replica", func() bool {
		r := foobar("lab", "exec", "web3", "--", "mariadb", "-N", "-e", "SELECT count(*) FROM foobar.old_notes")
		return strings.TrimSpace(r.out) == "2"
	})
}

// dayTwo is the operator's folder while the page is followed.
type dayTwo struct {
	t         *testing.T
	dir       string
	inv, web4 string // the inventory, and the table of the host that comes and goes
}

func (d *dayTwo) file(name, text string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *dayTwo) save() { d.file("inventory.toml", d.inv) }

// table is a table of an inventory with its header, up to the next one.
func table(inv, header string) string {
	_, rest, ok := strings.Cut(inv, header+"\n")
	if !ok {
		return ""
	}
	if i := strings.Index(rest, "\n["); i >= 0 {
		rest = rest[:i+1]
	}
	return header + "\n" + rest
}

// ownSource copies the app, so that a release can differ from the one before.
func (d *dayTwo) ownSource() {
	source := regexp.MustCompile(`(?m)^source = "(.*)"$`).FindStringSubmatch(d.inv)
	if source == nil {
		d.t.Fatalf("no app.source in\n%s", d.inv)
	}
	if err := os.CopyFS(filepath.Join(d.dir, "app"), os.DirFS(source[1])); err != nil {
		d.t.Fatal(err)
	}
	d.inv = strings.Replace(d.inv, source[0], `source = "./app"`, 1)
}

// set puts the keys of a block into their table of the inventory.
func (d *dayTwo) set(block string) {
	header, keys, _ := strings.Cut(strings.TrimSpace(block), "\n")
	if header == "[hosts.web4]" { // whose address is the lab's
		d.inv += "\n" + d.web4
	} else if old := table(d.inv, header); old != "" {
		d.inv = strings.Replace(d.inv, old, header+"\n"+keys+"\n"+strings.TrimPrefix(old, header+"\n"), 1)
	} else {
		d.inv += "\n" + header + "\n" + keys + "\n"
	}
	d.save()
}

// run runs a block's lines; a release is one of a changed app.
func (d *dayTwo) run(block string) {
	for _, line := range strings.Split(strings.TrimSpace(block), "\n") {
		if line == "foobar release" {
			d.file(filepath.Join("app", "changed.txt"), "by the operator\n")
		}
		if strings.Contains(line, " NAME ") {
			names := regexp.MustCompile(`\bfoobar-[0-9T]+Z\b`).FindString(d.sh("foobar db backups"))
			line = strings.Replace(line, "NAME", names, 1)
		}
		d.sh(line)
	}
}

// sh runs a line in the operator's folder. What a person would answer is the flag that a
// script gives.
func (d *dayTwo) sh(line string) string {
	d.t.Helper()
	words := strings.Fields(line)
	if host, removes := strings.CutPrefix(line, "foobar remove "); removes {
		line += " --yes-remove " + host
	}
	for _, verb := range []string{"deploy", "release", "rollback", "db switchover"} {
		if rest, is := strings.CutPrefix(line, "foobar "+verb); is && !strings.Contains(line, "--plan") && !strings.HasPrefix(rest, "s") {
			line = "foobar " + verb + " -y" + rest
		}
	}
	cmd := exec.Command("sh", "-ec", line)
	cmd.Dir = d.dir
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"), "FOOBAR_INVENTORY=")
	defer waitFor(line)()
	out, err := cmd.CombinedOutput()
	d.t.Logf("%s: %v", line, err)
	if err != nil && !(words[1] == "plan" && cmd.ProcessState.ExitCode() == 2) {
		d.t.Fatalf("%s: %v\n%s", line, err, tail(string(out), 40))
	}
	return string(out)
}
