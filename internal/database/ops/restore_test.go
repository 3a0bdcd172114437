package ops

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/internal/database/mysql"
	"foobar/inventory"
)

// vault is a fleet whose servers hold rows and whose hosts hold backups.
type vault struct {
	*fleet
	rows    map[string]string // what a server holds, by host
	files   map[string]string // what lies on web2 under a backup's name
	about   string            // the first line beside it
	others  map[string]string // the first lines beside those of other hosts
	unread  string            // why web1's tables cannot be read
	strays  string            // what lies beside web3's tables
	mark    string            // the JSON of the mark on web1
	running bool
	ok      string            // restore.ok
	steps   []string          // fence, load, unmark, open on web1, in the order seen
	fails   string            // a step that fails once
	refuses bool              // the load fails before anything is dropped
	brought map[string][]byte // what was uploaded to web1
}

type vaultTarget struct {
	fleetTarget
	v *vault
}

const dumped = "the dump"

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

const backupName = "foobar-20260131T030000Z"

// testKey is the key of a host of the vault.
func testKey(host string) []byte { return []byte("the key of " + host) }

const countedLine = `["foobar", "notes", 3]`

// bareLine is what stood beside a backup before they were signed.
func bareLine(change ...string) string {
	line := fmt.Sprintf(`{"v":1,"site":"foobar","host":"web2","engine":"mariadb","server_version":"11.8","position":"0-1-5","began":"2026-01-31T03:00:00Z","ended":"2026-01-31T03:00:09Z","file":"%s.sql.zst","size":%d,"sql_size":9,"data_size":9,"sha256":"%s","schemas":1,"table_count":1,"rows":3,"objects":{"views": 0},"checked":true,`,
		backupName, len(dumped), sumOf(dumped))
	return strings.NewReplacer(change...).Replace(line)
}

// aboutLine is what web2 writes and signs.
func aboutLine(change ...string) string { return sealed("web2", change...) }

// sealed is a line that a host has signed, whoever it says has made the backup.
func sealed(host string, change ...string) string {
	line := strings.TrimSuffix(bareLine(change...), ",") + `,"counts_sha256":"` + sumOf(countedLine+"\n") + `"`
	mac := hmac.New(sha256.New, testKey(host))
	mac.Write([]byte(sealBegin + line))
	return line + `,"mac":"` + hex.EncodeToString(mac.Sum(nil)) + `",`
}

func newVault(t *testing.T) (*vault, *Site) {
	f, s := newFleet(t)
	v := &vault{fleet: f, rows: map[string]string{"web1": "old", "web2": "old", "web3": "old"}, about: aboutLine(),
		files: map[string]string{backupName: dumped}, brought: map[string][]byte{}}
	s.Inv.Site.Name, s.BackupKey = "foobar", testKey
	s.Clock = func() time.Time { return time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) }
	s.Inv.DB.Backup = inventory.Backup{Enabled: true, Schedule: "03:00", Keep: 7, Path: "/var/backups/foobar"}
	s.Dial = func(ctx context.Context, h *inventory.Host) (Target, error) {
		target, err := f.dial(ctx, h)
		if err != nil {
			return nil, err
		}
		return vaultTarget{target.(fleetTarget), v}, nil
	}
	return v, s
}

func (t vaultTarget) Upload(_ context.Context, path string, _ uint32, size int64, r io.Reader) error {
	data, err := io.ReadAll(r)
	if err == nil && int64(len(data)) != size {
		err = fmt.Errorf("%d bytes, not %d", len(data), size)
	}
	t.v.brought[filepath.Base(path)] = data
	return err
}

func (t vaultTarget) Download(_ context.Context, path string, most int64, w io.Writer) (int64, error) {
	text := t.v.files[backupName]
	if strings.HasSuffix(path, ".json") {
		text = t.v.about + "\n\"tables\":[\n[\"foobar\", \"notes\", 3]\n]}\n"
	}
	return io.Copy(w, io.LimitReader(strings.NewReader(text), most))
}

func (t vaultTarget) Run(ctx context.Context, script string, line func(string)) (int, error) {
	v := t.v
	step := ""
	switch {
	case strings.Contains(script, "systemd-analyze calendar"):
		if t.host == "web2" {
			line(fmt.Sprintf("about=%d %s", len(dumped), v.about))
		}
		if o := v.others[t.host]; o != "" {
			line(fmt.Sprintf("about=%d %s", len(dumped), o))
		}
		if t.host == "web1" && v.mark != "" {
			line("restoring=" + backupName)
		}
		return 0, nil
	case strings.HasPrefix(script, "sha256sum <"):
		line(sumOf(v.files[backupName]))
		return 0, nil
	case strings.Contains(script, "filled_sql |"):
		if v.mark != "" {
			line("mark " + v.mark)
		}
		if v.running {
			line("running yes")
		}
		line("zstd yes")
		line("filled " + map[bool]string{true: "1"}[v.rows[t.host] != ""])
		if v.unread != "" {
			line("unread " + v.unread)
		}
		line("end yes")
		return 0, nil
	case strings.Contains(script, "\nstrays >"):
		if t.host == "web3" && v.strays != "" {
			line(v.strays)
		}
		return 0, nil
	case strings.Contains(script, "data=$(size_sql"):
		line(map[bool]string{true: "1000000", false: "2000000"}[t.host == "web3"])
		return 0, nil
	case strings.Contains(script, "u=foobar-restore.service"):
		step = "load"
	case strings.HasPrefix(script, "[ -e "+database.RestoreMark):
		if v.mark == "" {
			line("none")
		}
		return 0, nil
	case strings.Contains(script, "restore.ok"):
		line(v.ok)
		return 0, nil
	case strings.Contains(script, "counting_sql |"):
		line(sumOf(v.rows[t.host]))
		return 0, nil
	case strings.HasPrefix(script, "rm -rf -- "+database.RestoreMark):
		step = "unmark"
	case strings.Contains(script, "rm -f -- *.part"), strings.HasPrefix(script, "cd "):
		line("999999999999")
		return 0, nil
	case t.host == "web1" && strings.Contains(script, "\nSET GLOBAL read_only=ON;"):
		step = "fence"
	case t.host == "web1" && strings.Contains(script, "\nSET GLOBAL read_only=OFF;"):
		step = "open"
	}
	if step == "" {
		return t.fleetTarget.Run(ctx, script, line)
	}
	v.steps = append(v.steps, step)
	if step == "load" && v.refuses {
		line("said error: the accounts that the backup needs could not be made")
		line("result exit-code")
		return 0, nil
	}
	if v.fails == step {
		v.fails = ""
		if step == "load" { // half way
			v.mark = fmt.Sprintf(`{"backup":"%s","sha256":"%s","state":"loading"}`, backupName, sumOf(dumped))
			v.rows["web1"] = "half"
			line("said error: the disk is full")
			line("result exit-code")
			return 0, nil
		}
		return -1, errors.New("connection lost")
	}
	switch step {
	case "load":
		v.mark = fmt.Sprintf(`{"backup":"%s","sha256":"%s","state":"loaded"}`, backupName, sumOf(dumped))
		for _, h := range []string{"web1", "web2", "web3"} {
			v.rows[h] = "restored"
		}
		v.ok, v.running = sumOf(dumped), false
		line("said loaded and counted")
		line("result success")
		return 0, nil
	case "unmark":
		v.mark = ""
		return 0, nil
	}
	return t.fleetTarget.Run(ctx, script, line)
}

// untouched asserts that a refusal changed nothing.
func (v *vault) untouched(what string) {
	v.t.Helper()
	if len(v.steps) > 0 || v.rows["web1"] != "old" || v.servers["web1"].readOnly {
		v.t.Errorf("%s: something was changed: %v", what, v.steps)
	}
}

func TestRestore(t *testing.T) {
	v, s := newVault(t)
	top, err := s.Restore(context.Background(), Restoring{Name: backupName, Consent: true})
	if err != nil || top.Primary == nil || top.Primary.Name() != "web1" {
		t.Fatalf("got %v", err)
	}
	// The mark goes before the server is opened, and not before all are proven.
	if got := strings.Join(v.steps, " "); got != "fence load unmark open" {
		t.Errorf("the steps were %s", got)
	}
	if string(v.brought[backupName+".sql.zst.part"]) != dumped || !bytes.Contains(v.brought[backupName+".json.part"], []byte(`["foobar", "notes", 3]`)) {
		t.Error("the backup was not brought to the primary, with what is beside it")
	}
	v.want("web1", "web2", "web3")
}

func TestRestoreRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(v *vault, s *Site, r *Restoring)
		says  string
	}{
		"without consent":     {func(_ *vault, _ *Site, r *Restoring) { r.Consent = false }, "--yes-destroy foobar"},
		"a corrupt file":      {func(v *vault, _ *Site, _ *Restoring) { v.files[backupName] = "the bump" }, "digest"},
		"an unchecked file":   {func(v *vault, _ *Site, _ *Restoring) { v.about = aboutLine(`"checked":true`, `"checked":false`) }, "good backup"},
		"another size":        {func(v *vault, _ *Site, _ *Restoring) { v.about = aboutLine(`"size":8`, `"size":9`) }, "good backup"},
		"another site's":      {func(v *vault, _ *Site, _ *Restoring) { v.about = aboutLine(`"site":"foobar"`, `"site":"barfoo"`) }, "the site barfoo"},
		"another engine's":    {func(v *vault, _ *Site, _ *Restoring) { v.about = aboutLine(`"mariadb"`, `"mysql"`) }, "of mysql"},
		"no such name":        {func(_ *vault, _ *Site, r *Restoring) { r.Name = "foobar-20260131T030001Z" }, "foobar db backups"},
		"what was not signed": {func(v *vault, _ *Site, _ *Restoring) { v.about = bareLine() }, "not signed"},
		"signed by another":   {func(v *vault, _ *Site, _ *Restoring) { v.about = sealed("web3") }, "not signed by web2"},
		"changed afterwards": {func(v *vault, _ *Site, _ *Restoring) {
			v.about = strings.Replace(aboutLine(), `"rows":3`, `"rows":4`, 1)
		}, "not signed by web2"},
		"with more behind the signature": {func(v *vault, _ *Site, _ *Restoring) { v.about = strings.TrimSuffix(aboutLine(), ",") + `,"rows":4,` }, "not signed"},
		"without the master":             {func(_ *vault, s *Site, _ *Restoring) { s.BackupKey = nil }, "cannot be verified"},
		"of the future": {func(v *vault, _ *Site, r *Restoring) {
			r.Name = "foobar-20270131T030000Z"
			v.about = aboutLine("20260131T03", "20270131T03", "2026-01-31T03", "2027-01-31T03")
		}, "its time is in the future"},
		"of two hosts": {func(v *vault, _ *Site, _ *Restoring) {
			v.others = map[string]string{"web3": sealed("web3", `"web2"`, `"web3"`, sumOf(dumped), sumOf("the bump"))}
		}, "web2 and web3 offer different files"},
		"what cannot be read": {func(v *vault, _ *Site, r *Restoring) {
			r.Consent, v.unread = false, "status 1: Table './foobar/notes' is marked as crashed"
		}, "because a table cannot be read: status 1: Table './foobar/notes' is marked as crashed"},
		"another host's":      {func(_ *vault, _ *Site, r *Restoring) { r.Host = "web3" }, "good backup"},
		"two primaries":       {func(v *vault, _ *Site, _ *Restoring) { v.servers["web3"].readOnly = false }, "all take writes"},
		"too large":           {func(v *vault, _ *Site, _ *Restoring) { v.about = aboutLine(`"data_size":9`, `"data_size":1000000`) }, "web3 has room"},
		"a file in the way":   {func(v *vault, _ *Site, _ *Restoring) { v.strays = "/var/lib/mysql/shop/out.csv" }, "web3 has files beside its tables, with which its server could not drop their databases: /var/lib/mysql/shop/out.csv"},
		"another under way":   {func(v *vault, _ *Site, _ *Restoring) { v.running = true }, "under way"},
		"another, unfinished": {func(v *vault, _ *Site, r *Restoring) { v.mark, r.Consent = otherMark, false }, "foobar-20260130T030000Z"},
	} {
		v, s := newVault(t)
		r := Restoring{Name: backupName, Consent: true}
		c.spoil(v, s, &r)
		v.servers["web1"].readOnly = false
		top, err := s.Restore(context.Background(), r)
		if err == nil || !strings.Contains(err.Error(), c.says) || top.Primary != nil {
			t.Errorf("%s: got %v", name, err)
		}
		v.untouched(name)
	}
}

const otherMark = `{"backup":"foobar-20260130T030000Z","sha256":"` + "0123" + `","state":"loading"}`

// TestRestoreEmptySite: a primary without rows is restored without consent.
func TestRestoreEmptySite(t *testing.T) {
	v, s := newVault(t)
	v.rows["web1"] = ""
	if _, err := s.Restore(context.Background(), Restoring{Name: backupName}); err != nil {
		t.Fatal(err)
	}
	if v.rows["web3"] != "restored" {
		t.Error("nothing was restored")
	}
}

// TestRestoreKilled: whichever step a run ends in, the server is not open while
// its data is not whole, and the same command finishes it, without new consent.
func TestRestoreKilled(t *testing.T) {
	for _, step := range []string{"load", "unmark", "open"} {
		v, s := newVault(t)
		v.fails = step
		if _, err := s.Restore(context.Background(), Restoring{Name: backupName, Consent: true}); err == nil {
			t.Fatalf("%s: no error", step)
		}
		if v.rows["web1"] == "half" && (!v.servers["web1"].readOnly || v.mark == "") {
			t.Errorf("%s: half of the data, and open or without a mark", step)
		}
		v.steps = nil
		consent := step == "open" // its data is whole, and not marked any more
		if _, err := s.Restore(context.Background(), Restoring{Name: backupName, Consent: consent}); err != nil {
			t.Errorf("%s: the second run: %v", step, err)
		}
		if loads := strings.Count(strings.Join(v.steps, " "), "load"); step == "unmark" && loads > 0 {
			t.Errorf("%s: what was loaded was loaded again", step)
		}
		if v.rows["web1"] != "restored" || v.mark != "" {
			t.Errorf("%s: %s, mark %q", step, v.rows["web1"], v.mark)
		}
		v.want("web1", "web2", "web3")
	}
}

// TestRestoreReplicaDiffers is an error, and no reason to keep the site closed.
func TestRestoreReplicaDiffers(t *testing.T) {
	v, s := newVault(t)
	v.hook = func(host, script string) {
		if host == "web3" && strings.Contains(script, "MASTER_GTID_WAIT") {
			v.rows["web3"] = "other"
		}
	}
	top, err := s.Restore(context.Background(), Restoring{Name: backupName, Consent: true})
	if err == nil || !strings.Contains(err.Error(), "web3 does not have the rows") || top.Primary == nil {
		t.Errorf("got %v", err)
	}
	v.want("web1", "web2", "web3")
}

func TestRestoreLocalFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, backupName+".sql.zst")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := OpenLocal(path); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
	write(path, dumped)
	if _, err := OpenLocal(path); err == nil || os.IsNotExist(err) || !strings.Contains(err.Error(), "never checked") {
		t.Errorf("without what says that it was checked: %v", err)
	}
	write(filepath.Join(dir, backupName+".json"), aboutLine()+"\n\"tables\":[\n[\"foobar\", \"notes\", 3]\n]}\n")
	l, err := OpenLocal(path)
	if err != nil {
		t.Fatal(err)
	}
	v, s := newVault(t)
	v.about = "" // not on any host
	if _, err := s.Restore(context.Background(), Restoring{Name: path, Local: l, Consent: true}); err != nil {
		t.Fatal(err)
	}
	if string(v.brought[backupName+".sql.zst.part"]) != dumped || len(v.brought[backupName+".json.part"]) == 0 {
		t.Error("the file was not brought to the primary")
	}
	write(path, "the bump")
	v, s = newVault(t)
	if _, err := s.Restore(context.Background(), Restoring{Name: path, Local: l, Consent: true}); err == nil || !strings.Contains(err.Error(), "digest") {
		t.Errorf("a corrupt file: %v", err)
	}
	v.untouched("a corrupt file")
	write(path, "short")
	if _, err := OpenLocal(path); err == nil || !strings.Contains(err.Error(), "corrupt") {
		t.Errorf("a short file: %v", err)
	}
}

func TestFetch(t *testing.T) {
	v, s := newVault(t)
	top := s.Look(context.Background(), false)
	b := s.Choose(top, s.Backups(context.Background(), top), "")
	if b == nil {
		t.Fatal("no backup was found")
	}
	path, err := s.Fetch(context.Background(), top, *b, filepath.Join(t.TempDir(), "new"))
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(path); err != nil || string(raw) != dumped {
		t.Errorf("got %q, %v", raw, err)
	}
	v.files[backupName] = "the bump"
	if _, err := s.Fetch(context.Background(), top, *b, t.TempDir()); err == nil {
		t.Error("a corrupt copy is no error")
	}
}

// TestServersTakeWhatTheyOnceTook: all servers do while a restore is under way, and are then
// as strict as before it, whatever has ended a first try.
func TestServersTakeWhatTheyOnceTook(t *testing.T) {
	for name, f := range map[string]database.Dialect{"mariadb": mariadb.Dialect{}, "mysql": mysql.Dialect{}} {
		dir := t.TempDir()
		run := func(script, strict string) string {
			text := "work=/w login=/l\nsystemctl() { :; }\nmkdir() { :; }\nsetsid() { \"$@\"; }\n" + string(f.Words().Backups) + "said() { case \"$*\" in *-r) cat >/dev/null; echo '" + strict + ";' ;; *) cat ;; esac; }\nclient=(said)\n"
			out, err := exec.Command("bash", "-euo", "pipefail", "-c", text+"note="+dir+"/note unit=u applies=yes\n"+script).CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v: %s", name, err, out)
			}
			return string(out)
		}
		for _, strict := range []string{"SET GLOBAL a=1", "SET GLOBAL a=0"} {
			if out := run(hushText, strict); !strings.Contains(out, "innodb_strict_mode=0") || !strings.Contains(out, "require_primary_key=0") && !strings.Contains(out, "force_primary_key=0") || !strings.Contains(out, "START ") {
				t.Errorf("%s: a replica is told %s", name, out)
			}
		}
		if out := run(unhushText, ""); !strings.HasPrefix(out, "SET GLOBAL a=1;\nSTOP ") {
			t.Errorf("%s: afterwards a replica is told %s", name, out)
		}
	}
	v, s := newVault(t)
	for _, web := range []string{"web1", "web2", "web3"} {
		v.hook = func(host, script string) {
			if host == web && strings.Contains(script, "{ lenient_sql;") {
				web = ""
			}
		}
		if _, err := s.Restore(context.Background(), Restoring{Name: backupName, Consent: true}); err != nil || web != "" {
			t.Errorf("%v; it is not sent to %s", err, web)
		}
	}
}
