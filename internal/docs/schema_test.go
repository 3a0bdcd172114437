package docs

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"foobar/examples"
)

// conforms checks a value against as much of JSON Schema as Schema uses.
func conforms(node map[string]any, value any, at string) []string {
	var wrong []string
	complain := func(format string, args ...any) { wrong = append(wrong, at+": "+fmt.Sprintf(format, args...)) }
	kind := map[string]bool{}
	switch v := value.(type) {
	case string:
		kind["string"] = true
	case bool:
		kind["boolean"] = true
	case float64:
		kind["integer"], kind["number"] = v == math.Trunc(v), true
		if low, ok := node["minimum"].(float64); ok && v < low {
			complain("%v is below %v", v, low)
		}
		if high, ok := node["maximum"].(float64); ok && v > high {
			complain("%v is above %v", v, high)
		}
	case []any:
		kind["array"] = true
		items, _ := node["items"].(map[string]any)
		for i, one := range v {
			wrong = append(wrong, conforms(items, one, fmt.Sprintf("%s[%d]", at, i))...)
		}
	case map[string]any:
		kind["object"] = true
		properties, _ := node["properties"].(map[string]any)
		for name, one := range v {
			below, ok := properties[name].(map[string]any)
			if !ok {
				if below, ok = node["additionalProperties"].(map[string]any); !ok {
					complain("unknown key %s", name)
					continue
				}
			}
			wrong = append(wrong, conforms(below, one, at+"."+name)...)
		}
		required, _ := node["required"].([]any)
		for _, name := range required {
			if _, ok := v[name.(string)]; !ok {
				complain("%s is missing", name)
			}
		}
	}
	types, ok := node["type"].([]any)
	if !ok {
		types = []any{node["type"]}
	}
	if !slices.ContainsFunc(types, func(name any) bool { s, _ := name.(string); return kind[s] }) {
		complain("%v is not of type %v", value, types)
	}
	if words, ok := node["enum"].([]any); ok && !slices.Contains(words, value) {
		complain("%v is none of %v", value, words)
	}
	return wrong
}

// jsonTree is a value as it is read from its JSON.
func jsonTree(t *testing.T, v any) map[string]any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	tree := map[string]any{}
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

func conformsTOML(t *testing.T, text string) []string {
	t.Helper()
	values := map[string]any{}
	if _, err := toml.Decode(text, &values); err != nil {
		t.Fatal(err)
	}
	return conforms(jsonTree(t, Schema()), jsonTree(t, values), "")
}

func TestExamplesConformToTheSchema(t *testing.T) {
	files, err := filepath.Glob("../../examples/inventories/*.toml")
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range conformsTOML(t, string(text)) {
			t.Errorf("%s: %s", file, wrong)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	const good = "[site]\ndomain = \"www.example.com\"\n[hosts.a]\naddress = \"10.0.0.1\"\n"
	if wrong := conformsTOML(t, good); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	for text, want := range map[string]string{
		"[sites]\n":                                     "unknown key sites",
		"[deploy]\nforkz = 1\n":                         "unknown key forkz",
		"[deploy]\nforks = 0\n":                         "below",
		"[deploy]\nforks = \"ten\"\n":                   "not of type",
		"[lb]\nbalance = \"fair\"\n":                    "none of",
		"[hosts.b]\nroles = [\"app\"]\n":                "address is missing",
		"[hosts.b]\naddress = \"b\"\nroles = [\"x\"]\n": "none of",
		"[app.env]\nA = 1\n":                            "not of type",
		"[app.secrets]\nA = \"plain\"\n":                "not of type",
		"[[firewall.extra]]\ncomment = \"\"\n":          "port is missing",
	} {
		if wrong := strings.Join(conformsTOML(t, good+text), "\n"); !strings.Contains(wrong, want) {
			t.Errorf("%q: %q, want %q", text, wrong, want)
		}
	}
}

// TestSchemaHasEveryKeyOfFull: those that are commented out too, and what is said
// of them.
func TestSchemaHasEveryKeyOfFull(t *testing.T) {
	tree, described := Schema(), 0
	keys := keysWithComments(examples.Inventory)
	for _, k := range keys {
		node := schemaNode(tree, k.path)
		if node == nil {
			t.Errorf("the schema lacks %s", strings.Join(k.path, "."))
			continue
		}
		if node["description"] != nil {
			described++
		}
	}
	if len(keys) < 80 || described < 40 {
		t.Errorf("%d keys, %d of them described", len(keys), described)
	}
	if got, want := schemaNode(tree, []string{"deploy", "forks"})["description"], "how many hosts to work on at once"; got != want {
		t.Errorf("deploy.forks: %q, want %q", got, want)
	}
}
