package docs

import (
	"regexp"
	"slices"
	"strings"

	"foobar/examples"
	"foobar/inventory"
)

// Schema is a JSON Schema (draft 7) of inventories: that of package inventory, and
// as descriptions the comments of the example that shows every key.
func Schema() map[string]any {
	tree := inventory.Schema()
	for _, k := range keysWithComments(examples.Inventory) {
		last := len(k.path) - 1
		table := schemaNode(tree, k.path[:last])
		if below, ok := table["items"].(map[string]any); ok {
			table = below // a list of tables
		}
		properties, _ := table["properties"].(map[string]any)
		node, ok := properties[k.path[last]].(map[string]any)
		if !ok || k.comment == "" {
			continue // a name that people choose
		}
		node["description"] = k.comment
	}
	explainSources(tree)
	return tree
}

// commented is a key as an inventory shows it.
type commented struct {
	path    []string // with * for the name of a host, and without places in lists of tables
	value   string   // as the inventory has it
	comment string
}

var (
	tableLine = regexp.MustCompile(`^\[+([^\]]+)\]+(?:\s*#\s*(.*))?`)
	keyLine   = regexp.MustCompile(`^(?:# )?([A-Za-z0-9_-]+) = ("[^"]*"|\[[^\]]*\]|\{[^}]*\}|[^#]*?)\s*(?:#\s*(.*))?$`)
	hostTable = regexp.MustCompile(`^hosts\.[^.]+`)
)

// Table is the name of the table, or list of tables, that a line of an inventory begins.
func Table(line string) (name string, ok bool) {
	m := tableLine.FindStringSubmatch(line)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// ShowsKey reports whether a line of an inventory gives a key its value, perhaps
// in a comment.
func ShowsKey(line string) bool { return keyLine.MatchString(line) }

// keysWithComments lists the tables and keys of an inventory, also keys that are
// commented out, with the comments after them.
func keysWithComments(text string) []commented {
	var keys []commented
	var table []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if name, ok := Table(line); ok {
			table = strings.Split(hostTable.ReplaceAllString(name, "hosts.*"), ".")
			keys = append(keys, commented{path: slices.Clone(table), comment: tableLine.FindStringSubmatch(line)[2]})
			continue
		}
		if m := keyLine.FindStringSubmatch(line); m != nil {
			keys = append(keys, commented{append(append([]string{}, table...), m[1]), m[2], m[3]})
		}
	}
	return keys
}

// schemaNode finds the node of a key; nil when the schema does not have it.
func schemaNode(node map[string]any, path []string) map[string]any {
	for _, name := range path {
		if below, ok := node["items"].(map[string]any); ok {
			node = below
		}
		properties, _ := node["properties"].(map[string]any)
		next, ok := properties[name].(map[string]any)
		if !ok {
			// Names that people choose share one node, which is not closed to them.
			if next, ok = node["additionalProperties"].(map[string]any); !ok {
				return nil
			}
		}
		node = next
	}
	return node
}
