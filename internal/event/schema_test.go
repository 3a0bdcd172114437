package event

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// compiled is the schema, read back from its JSON. If closed, it refuses fields that
// it does not name.
func compiled(t *testing.T, closed bool) *jsonschema.Schema {
	t.Helper()
	text, err := json.Marshal(Schema())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if closed {
		for _, def := range doc.(map[string]any)["$defs"].(map[string]any) {
			node := def.(map[string]any)
			properties := node["properties"].(map[string]any)
			if properties["type"] != nil { // an event, with the envelope's fields
				for _, name := range []string{"v", "seq", "time"} {
					properties[name] = true
				}
			}
			node["additionalProperties"] = false
		}
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("events.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("events.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(s *jsonschema.Schema, line string) error {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

func TestEveryEventConformsToTheSchema(t *testing.T) {
	s := compiled(t, true)
	for i, e := range samples() {
		if h, ok := e.(HostDone); ok && h.Outcome == "" {
			continue // never sent
		}
		line, err := json.Marshal(Envelope{Seq: i, Time: time.Now(), Event: e})
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(s, string(line)); err != nil {
			t.Errorf("%s\n%v", line, err)
		}
	}
}

func TestRecordedRunsConformToTheSchema(t *testing.T) {
	s := compiled(t, true)
	files, err := filepath.Glob("../report/testdata/*.jsonl")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			if err := valid(s, line); err != nil {
				t.Errorf("%s: %s\n%v", file, line, err)
			}
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	s := compiled(t, false)
	const good = `{"v":1,"seq":1,"time":"2026-01-02T03:04:05Z","type":"waiting","host":"a","for":"b","since":7}`
	if err := valid(s, good); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{{`"v":1`, `"v":2`}, {`"seq":1`, `"seq":-1`}, {"2026-01-02T", "today "}, {`"waiting"`, `"waitin"`}, {`"a"`, `7`}, {`"for"`, `"four"`}, {`"seq":1,`, ``}} {
		if bad := strings.Replace(good, change[0], change[1], 1); valid(s, bad) == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	if err := valid(s, `{"v":1,"seq":1,"time":"2026-01-02T03:04:05Z","type":"host_done","host":"a","outcome":"fine","changed":0,"connections":1,"scripts":1}`); err == nil {
		t.Error("an outcome that there is not is taken")
	}
}

// TestSchemaSaysWhatFieldsMean: the comments of the source are in it.
func TestSchemaSaysWhatFieldsMean(t *testing.T) {
	defs := Schema()["$defs"].(map[string]any)
	for _, e := range Types() {
		if node := defs[e.Type()].(map[string]any); node["description"] == nil {
			t.Errorf("nothing says what %s is", e.Type())
		}
	}
	resources := defs["host_planned"].(map[string]any)["properties"].(map[string]any)["resources"].(map[string]any)
	if resources["description"] != "how many were looked at" {
		t.Errorf("host_planned.resources: %v", resources)
	}
}
