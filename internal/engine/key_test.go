package engine

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"foobar/internal/facts"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/inventory"
)

// TestLedgerNamesTheKey: a deploy notes the fingerprint of the master secret on each
// host, also where nothing else changes; a plan notes nothing, and a run that knows no
// master secret leaves what is there.
func TestLedgerNamesTheKey(t *testing.T) {
	b := newBench(t, "a")
	b.one(func(*inventory.Host) []resource.Resource { return []resource.Resource{b.file("a", "one", "1")} })
	noted := func() string {
		var l facts.Ledger
		raw, _ := os.ReadFile(b.path("a", "lib/owned.json"))
		_ = json.Unmarshal(raw, &l)
		return l.Key
	}
	if r := b.run("deploy"); r.Exit != 0 || noted() != "" {
		t.Fatalf("exit %d, key %q: %s", r.Exit, noted(), b.problems())
	}
	var err error
	if b.master, err = secret.FreshMaster(1, secret.Site{Name: "test"}); err != nil {
		t.Fatal(err)
	}
	if r := b.run("plan"); r.Exit != 0 || noted() != "" {
		t.Errorf("plan: exit %d, key %q", r.Exit, noted())
	}
	if r := b.run("deploy"); r.Exit != 0 || len(b.changed()) != 0 || noted() != b.master.Fingerprint() {
		t.Errorf("deploy: exit %d, changed %v, key %q", r.Exit, b.changed(), noted())
	}
	b.master = nil
	if r := b.run("deploy"); r.Exit != 0 || noted() == "" {
		t.Errorf("without: exit %d, key %q", r.Exit, noted())
	}
}

// TestBegin comes before the first change, and its error is the end; a plan has none.
func TestBegin(t *testing.T) {
	b := newBench(t, "a")
	b.one(func(*inventory.Host) []resource.Resource { return []resource.Resource{b.file("a", "one", "1")} })
	began := 0
	b.begin = func() error { began++; return errors.New("the disk is full") }
	if r := b.run("plan"); r.Exit != ExitDiffers || began != 0 {
		t.Errorf("plan: exit %d, began %d times", r.Exit, began)
	}
	if r := b.run("deploy"); r.Exit != ExitFailed || began != 1 || !strings.Contains(b.problems(), "the disk is full") || b.there("a", "one") {
		t.Errorf("deploy: exit %d, began %d times: %s", r.Exit, began, b.problems())
	}
	b.begin = func() error { began++; return nil }
	if r := b.run("deploy"); r.Exit != 0 || began != 2 {
		t.Errorf("deploy: exit %d, began %d times", r.Exit, began)
	}
}
