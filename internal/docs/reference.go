package docs

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"foobar/examples"
	"foobar/internal/fault"
)

// reference is what the schema knows of the inventory, in the order of the
// inventory that shows every key.
type reference struct {
	tree     map[string]any
	order    []string          // paths of keys, as docs writes them
	examples map[string]string // by path
}

func newReference() *reference {
	ref := &reference{examples: map[string]string{}}
	// Through JSON, so that every list is []any and every object a map.
	raw, err := json.Marshal(Schema())
	if err == nil {
		err = json.Unmarshal(raw, &ref.tree)
	}
	if err != nil { // the schema is made of texts, numbers and lists
		panic(err)
	}
	for _, k := range keysWithComments(examples.Inventory) {
		path := strings.ReplaceAll(strings.Join(k.path, "."), "hosts.*", "hosts.NAME")
		if _, seen := ref.examples[path]; !seen && strings.TrimSpace(k.value) != "" && !strings.Contains(k.value, `"""`) {
			ref.examples[path] = strings.TrimSpace(k.value)
		}
		if !slices.Contains(ref.order, path) {
			ref.order = append(ref.order, path)
		}
	}
	return ref
}

// entry is a key or a table at its path.
type entry struct {
	path     string
	node     map[string]any
	required bool
}

func (e entry) table() bool {
	_, keys := e.node["properties"]
	return keys || e.node["type"] == "object"
}

// list reports whether it is a list of tables.
func (e entry) list() bool {
	items, _ := e.node["items"].(map[string]any)
	_, keys := items["properties"]
	return keys
}

// below are the keys of a table, in the order of the example, then by name.
func (ref *reference) below(e entry) []entry {
	node := e.node
	if e.list() {
		node, _ = node["items"].(map[string]any)
	}
	required, _ := node["required"].([]any)
	var list []entry
	add := func(name string, n any) {
		below, _ := n.(map[string]any)
		path := name
		if e.path != "" {
			path = e.path + "." + name
		}
		list = append(list, entry{path: path, node: below, required: slices.Contains(required, any(name))})
	}
	properties, _ := node["properties"].(map[string]any)
	for name, n := range properties {
		add(name, n)
	}
	if free, ok := node["additionalProperties"].(map[string]any); ok {
		add("NAME", free)
	}
	slices.SortFunc(list, func(a, b entry) int {
		if d := ref.place(a.path) - ref.place(b.path); d != 0 {
			return d
		}
		return strings.Compare(a.path, b.path)
	})
	return list
}

// place is where a path, or the first below it, stands in the example.
func (ref *reference) place(path string) int {
	i := slices.IndexFunc(ref.order, func(o string) bool { return o == path || strings.HasPrefix(o, path+".") })
	if i < 0 {
		return len(ref.order)
	}
	return i
}

// all are the entries from one on downwards.
func (ref *reference) all(e entry) []entry {
	list := []entry{e}
	for _, b := range ref.below(e) {
		list = append(list, ref.all(b)...)
	}
	return list
}

func (ref *reference) root() entry { return entry{node: ref.tree} }

// contents lists what there is to read about.
func (ref *reference) contents() string {
	w := &strings.Builder{}
	fmt.Fprint(w, "Sections of the inventory (foobar docs SECTION):\n\n")
	for _, e := range ref.below(ref.root()) {
		var keys []string
		table := e
		if below := ref.below(e); len(below) == 1 && below[0].table() {
			table = below[0] // [hosts] holds the hosts alone
		}
		for _, b := range ref.below(table) {
			keys = append(keys, strings.TrimPrefix(b.path, table.path+"."))
		}
		about := strings.Join(keys, ", ")
		if text, ok := e.node["description"].(string); ok && about == "" {
			about = text
		}
		fmt.Fprintln(w, fold(about, fmt.Sprintf("  %-12s", e.path), strings.Repeat(" ", 14)))
	}
	fmt.Fprint(w, "\nCodes of failures (foobar docs CODE; all of a kind: foobar docs SSH; all: foobar docs codes):\n\n")
	for _, a := range fault.Catalogue() {
		fmt.Fprintf(w, "  %-6s%s\n", a.Name, a.Title)
	}
	fmt.Fprint(w, "\nThe exit status: foobar docs exit; variables: foobar docs environment; files: foobar docs files\n")
	return w.String()
}

// element is the place in a list that errors name: firewall.extra[0].port.
var element = regexp.MustCompile(`\[[0-9]+\]`)

// explain explains a table or key, also by a name that people chose, such as
// hosts.web1.address; false when there is none of that name.
func (ref *reference) explain(w *strings.Builder, name string) bool {
	words := strings.Split(element.ReplaceAllString(name, ""), ".")
	all := ref.all(ref.root())[1:]
	at := slices.IndexFunc(all, func(e entry) bool { return strings.EqualFold(e.path, strings.Join(words, ".")) })
	if at < 0 {
		at = slices.IndexFunc(all, func(e entry) bool {
			return slices.EqualFunc(strings.Split(e.path, "."), words, func(known, word string) bool {
				return strings.EqualFold(known, word) || known == "NAME" && word != ""
			})
		})
	}
	if at < 0 {
		return false
	}
	if e := all[at]; e.table() || e.list() {
		ref.section(w, e)
	} else {
		ref.key(w, e, e.path)
	}
	return true
}

// section writes a table, then those in it.
func (ref *reference) section(w *strings.Builder, e entry) {
	below := ref.below(e)
	head := "[" + e.path + "]"
	if e.list() {
		head = "[" + head + "]"
	}
	chosen := ref.chosen(e)
	if len(below) != 1 || !below[0].table() || len(chosen) > 0 { // else it only holds the one below
		fmt.Fprintln(w, head)
	}
	if text, ok := e.node["description"].(string); ok {
		fmt.Fprintln(w, wrapped(text, "  "))
	}
	var tables []entry
	for _, b := range below {
		if b.table() || b.list() {
			tables = append(tables, b)
			continue
		}
		ref.key(w, b, strings.TrimPrefix(b.path, e.path+"."))
	}
	for _, line := range chosen {
		fmt.Fprintln(w, "      "+line)
	}
	for _, t := range tables {
		if len(below) != 1 || len(chosen) > 0 {
			fmt.Fprintln(w)
		}
		ref.section(w, t)
	}
}

// chosen are the example's lines of a table in which people choose the names.
func (ref *reference) chosen(e entry) (lines []string) {
	if _, free := e.node["additionalProperties"].(map[string]any); !free {
		return nil
	}
	for _, path := range ref.order {
		if name, ok := strings.CutPrefix(path, e.path+"."); ok && ref.examples[path] != "" && !strings.Contains(name, ".") {
			lines = append(lines, name+" = "+ref.examples[path])
		}
	}
	return lines
}

// key writes one key: its type, bounds and default, its meaning, an example.
func (ref *reference) key(w *strings.Builder, e entry, name string) {
	facts := []string{typeName(e.node)}
	if e.required {
		facts = append(facts, "required")
	}
	low, bounded := e.node["minimum"]
	if high, ok := e.node["maximum"]; ok && bounded {
		facts = append(facts, fmt.Sprintf("%v to %v", showValue(low), showValue(high)))
	}
	words := e.node["enum"]
	if items, ok := e.node["items"].(map[string]any); ok && words == nil {
		words = items["enum"]
	}
	if list, ok := words.([]any); ok {
		facts = append(facts, "one of "+joinValues(list))
	}
	if value, ok := e.node["default"]; ok {
		facts = append(facts, "default "+showValue(value))
	}
	fmt.Fprintf(w, "  %s: %s\n", name, strings.Join(facts, "; "))
	if text, ok := e.node["description"].(string); ok {
		if e.required {
			text = strings.TrimSuffix(text, ". Required")
		}
		if value, ok := e.node["default"]; ok {
			text = strings.TrimSuffix(text, ". Default: "+showValue(value))
		}
		fmt.Fprintln(w, wrapped(text, "      "))
	}
	if example := ref.examples[e.path]; example != "" && len(example) < 70 && (e.node["default"] == nil || example != showValue(e.node["default"])) {
		fmt.Fprintf(w, "      %s = %s\n", name[strings.LastIndex(name, ".")+1:], example)
	}
}

func typeName(node map[string]any) string {
	if list, ok := node["type"].([]any); ok && len(list) == 2 {
		return "string or a list of strings"
	}
	switch node["type"] {
	case "string":
		return "string"
	case "boolean":
		return "boolean"
	case "integer":
		return "whole number"
	case "array":
		if items, _ := node["items"].(map[string]any); items["type"] == "integer" {
			return "list of whole numbers"
		}
		return "list of strings"
	}
	return "table"
}

// showValue writes a value as TOML has it.
func showValue(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case float64:
		return fmt.Sprintf("%.0f", v)
	case []any:
		return "[" + joinValues(v) + "]"
	}
	return fmt.Sprint(v)
}

func joinValues(list []any) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = showValue(v)
	}
	return strings.Join(words, ", ")
}
