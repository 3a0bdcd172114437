package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"foobar/examples"
	"foobar/internal/event"
	"foobar/inventory"
)

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [events]",
		Short: "Print a JSON Schema of inventories, for editors, or of the event stream",
		Long: `Prints a JSON Schema (draft 7) of inventories: every key with its type, range,
words, default and meaning. Editors with a TOML language server (taplo, Even Better
TOML) complete and check by it, when the inventory begins with the second line's comment:

    foobar schema > foobar.schema.json
    #:schema ./foobar.schema.json

With the word events it is a JSON Schema (draft 2020-12) of one line of deploy -o json,
plan -o json and history -o json INVENTORY RUN, with every type of event.`,
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"events"},
		RunE: func(_ *cobra.Command, args []string) error {
			enc := json.NewEncoder(os.Stdout)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			if len(args) > 0 {
				return enc.Encode(event.Schema())
			}
			return enc.Encode(describedSchema())
		},
	}
}

// describedSchema is the reader's schema with the comments of the inventory that
// shows every key.
func describedSchema() map[string]any {
	tree := inventory.Schema()
	for _, k := range keysWithComments(examples.Inventory) {
		last := len(k.path) - 1
		table := schemaNode(tree, k.path[:last])
		properties, _ := table["properties"].(map[string]any)
		node, ok := properties[k.path[last]].(map[string]any)
		if !ok || k.comment == "" || node["enum"] != nil && strings.HasPrefix(k.comment, "or ") {
			continue // a name that people choose, or words that the schema lists itself
		}
		node["description"] = k.comment
	}
	return tree
}

// commented is a key as an inventory shows it.
type commented struct {
	path    []string // hosts are one, and so are the elements of a list of tables
	value   string   // as the inventory has it
	comment string
}

var (
	tableLine = regexp.MustCompile(`^\[+([^\]]+)\]+`)
	keyLine   = regexp.MustCompile(`^(?:# )?([A-Za-z0-9_]+) = ("[^"]*"|\[[^\]]*\]|\{[^}]*\}|[^#]*?)\s*(?:#\s*(.*))?$`)
	hostTable = regexp.MustCompile(`^hosts\.[^.]+`)
)

// keysWithComments lists the keys of a text, those that are commented out too,
// with the comments behind them.
func keysWithComments(text string) []commented {
	var keys []commented
	var table []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if m := tableLine.FindStringSubmatch(line); m != nil {
			table = strings.Split(hostTable.ReplaceAllString(m[1], "hosts.*"), ".")
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
