package inventory

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/fault"
)

// schemaKey is a key of a table that an inventory can have once.
type schemaKey struct {
	table, name string
	node        map[string]any
}

// schemaKeys are all keys in tables whose names are fixed, by their path.
func schemaKeys(t *testing.T) []schemaKey {
	t.Helper()
	raw, err := json.Marshal(Schema())
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	var keys []schemaKey
	var walk func(table string, node map[string]any)
	walk = func(table string, node map[string]any) {
		below, _ := node["properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(below)) {
			child := below[name].(map[string]any)
			path := strings.TrimPrefix(table+"."+name, ".")
			if child["type"] == "object" {
				walk(path, child)
				continue
			}
			if table != "" {
				keys = append(keys, schemaKey{table, name, child})
			}
		}
	}
	walk("", tree)
	if len(keys) < 60 {
		t.Fatalf("the schema has %d keys only", len(keys))
	}
	return keys
}

// withKey is minimal with a line more in a table, and the number of that line.
func withKey(table, line string) (text string, at int) {
	if head := "[" + table + "]\n"; strings.Contains(minimal, head) {
		text = strings.Replace(minimal, head, head+line+"\n", 1)
	} else {
		text = minimal + head + line + "\n" + needs(table, line)
	}
	before, _, _ := strings.Cut(text, line)
	return text, 1 + strings.Count(before, "\n")
}

// needs is the line that a key does not stand without.
func needs(table, line string) string {
	if table == "monitoring" && strings.HasPrefix(line, "site") {
		return "provider = \"datadog\"\n"
	}
	return ""
}

// oneError parses what has exactly one thing wrong, and checks where and what.
func oneError(t *testing.T, text string, line int, code fault.Code, message string) {
	t.Helper()
	_, err := Parse("testdata/i.toml", []byte(text))
	var all *Errors
	if !errors.As(err, &all) {
		t.Errorf("%s was accepted, or fails in another way: %v", message, err)
		return
	}
	got := all.List[0]
	if len(all.List) != 1 || got.Line != line || got.Code != code || got.Message != message {
		t.Errorf("got %v [%s]\nwant testdata/i.toml:%d: %s [%s]", err, got.Code, line, message, code)
	}
}

// TestBounds: every number is taken up to its bounds and refused beyond them.
func TestBounds(t *testing.T) {
	seen := 0
	for _, k := range schemaKeys(t) {
		low, has := k.node["minimum"].(float64)
		if k.node["type"] != "integer" || !has {
			continue
		}
		seen++
		high := k.node["maximum"].(float64)
		for n, good := range map[int]bool{int(low) - 1: false, int(low): true, int(high): true, int(high) + 1: false} {
			if good && k.table == "deploy" && k.name == "serial" {
				continue // bounded by the hosts as well
			}
			text, line := withKey(k.table, fmt.Sprintf("%s = %d", k.name, n))
			if good {
				if _, err := Parse("testdata/i.toml", []byte(text)); err != nil {
					t.Errorf("%d is within the bounds: %v", n, err)
				}
				continue
			}
			oneError(t, text, line, fault.WrongValue, fmt.Sprintf("%s.%s: %d is out of range; write a number from %d to %d", k.table, k.name, n, int(low), int(high)))
		}
	}
	if seen < 15 {
		t.Errorf("%d numbers with bounds: the schema lost some", seen)
	}
}

// TestWords: every word that a key can be is taken, others are not, and the
// nearest one is named.
func TestWords(t *testing.T) {
	seen := 0
	for _, k := range schemaKeys(t) {
		words, ok := k.node["enum"].([]any)
		if !ok {
			continue
		}
		seen++
		for _, w := range words {
			word := w.(string)
			text, line := withKey(k.table, fmt.Sprintf("%s = %q", k.name, word))
			if _, err := Parse("testdata/i.toml", []byte(text)); err != nil {
				t.Errorf("%s.%s = %q: %v", k.table, k.name, word, err)
			}
			if len(word) < 4 {
				continue
			}
			text, line = withKey(k.table, fmt.Sprintf("%s = %q", k.name, word+"x"))
			oneError(t, text, line, fault.WrongValue, fmt.Sprintf("%s.%s: %q is not known; did you mean %s?", k.table, k.name, word+"x", word))
		}
	}
	if seen < 5 {
		t.Errorf("%d keys with words: the schema lost some", seen)
	}
}

// TestTypes: a value of another type is refused where it stands.
func TestTypes(t *testing.T) {
	for _, k := range schemaKeys(t) {
		want := ""
		switch low, _ := k.node["minimum"].(float64); {
		case k.node["type"] == "boolean":
			want = "true, without quotes"
		case k.node["type"] == "integer" && low <= 1 && k.node["maximum"] != nil:
			want = "1, without quotes"
		case k.node["type"] == "integer" && k.node["maximum"] != nil:
			want = fmt.Sprintf("a whole number from %d to %d", int(low), int(k.node["maximum"].(float64)))
		}
		if want != "" {
			text, line := withKey(k.table, k.name+` = "1"`)
			oneError(t, text, line, fault.WrongType, fmt.Sprintf("%s.%s: this is a string; write %s", k.table, k.name, want))
		}
	}
}

// TestMisspeltKeys: a key with a letter too many is refused in its line, and the
// message names the one that is meant.
func TestMisspeltKeys(t *testing.T) {
	for _, k := range schemaKeys(t) {
		if k.name == "worker" {
			continue // as near to workers
		}
		text, line := withKey(k.table, k.name+"x = 1")
		oneError(t, text, line, fault.UnknownKey, fmt.Sprintf("unknown key %s.%sx; did you mean %s?", k.table, k.name, k.name))
	}
}

// TestWrittenDefaultsChangeNothing: what the schema calls the default of a key is
// what an inventory without the key has.
func TestWrittenDefaultsChangeNothing(t *testing.T) {
	seen := 0
	for _, k := range schemaKeys(t) {
		value, has := k.node["default"]
		if !has {
			continue
		}
		seen++
		written, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := withKey(k.table, k.name+" = "+string(written))
		want, got := parse(t, minimal), parse(t, text)
		if more := needs(k.table, k.name); more != "" {
			want = parse(t, minimal+"["+k.table+"]\n"+more)
		}
		got.Path, got.Places = want.Path, want.Places
		if a, b := fmt.Sprintf("%+v", *got), fmt.Sprintf("%+v", *want); stripped(a) != stripped(b) {
			t.Errorf("%s.%s = %s makes\n%s\nnot\n%s", k.table, k.name, written, a, b)
		}
	}
	if seen < 30 {
		t.Errorf("%d keys with a default: the schema lost some", seen)
	}
}

// stripped leaves out the hosts, which are printed as pointers.
func stripped(inv string) string {
	before, after, _ := strings.Cut(inv, "Hosts:[")
	_, after, _ = strings.Cut(after, "]")
	return before + after
}

// TestDefaultsOfServices are those that a deploy writes to hosts.
func TestDefaultsOfServices(t *testing.T) {
	inv := parse(t, minimal)
	if want := (Balancer{Balance: "roundrobin", MaxConn: 20000, HealthPath: "/healthz", HealthInterval: 2 * time.Second, Fall: 3, Rise: 2,
		TimeoutConnect: 5 * time.Second, TimeoutClient: 50 * time.Second, TimeoutServer: 50 * time.Second, RateLimit: 1000}); inv.LB != want {
		t.Errorf("lb is %+v", inv.LB)
	}
	if want := (Backup{Enabled: true, Schedule: "03:00", Keep: 7, Path: "/var/backups/foobar"}); inv.DB.Backup != want {
		t.Errorf("db.backup is %+v", inv.DB.Backup)
	}
	db := inv.DB
	if db.Engine != "mariadb" || db.Port != 3306 || db.MaxConnections != 200 || db.BinlogExpire != 7*day || db.BufferPool != 0 {
		t.Errorf("db is %+v", db)
	}
	app := inv.App
	if app.Entrypoint != "wsgi:app" || app.Port != 9000 || app.Workers != 0 || app.KeepReleases != 5 || app.HealthPath != "/healthz" {
		t.Errorf("app is %+v", app)
	}
	if !inv.TLS.HSTS || inv.Web.ClientMaxBody != 16<<20 || !inv.Firewall.Enabled || inv.Firewall.Loopback != "strict" || inv.Firewall.Purge != "owned" || !inv.Monitoring.Enabled {
		t.Errorf("%+v, %+v, %+v, %+v", inv.TLS, inv.Web, inv.Firewall, inv.Monitoring)
	}
	if inv.Monitoring.Endpoint != "https://open-collectors.sumologic.com" || inv.Secrets.Generation != 1 || inv.Secrets.CAGeneration != 1 {
		t.Errorf("%+v, %+v", inv.Monitoring, inv.Secrets)
	}
}
