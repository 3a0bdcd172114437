package inventory

import (
	"reflect"
	"slices"
	"strings"
	"time"
)

// anyName stands for every name that people choose: of a host, a variable.
const anyName = "any"

// specimen has one of each table that is only read where the file has it.
func specimen() map[string]any {
	type tab = map[string]any
	return tab{
		"app":        tab{"secrets": tab{anyName: tab{}}, "worker": []tab{{}}, "timer": []tab{{}}},
		"web":        tab{"redirect": []tab{{}}, "auth": tab{"users": tab{anyName: tab{}}}},
		"firewall":   tab{"extra": []tab{{}}},
		"monitoring": tab{"token": tab{}, "access_id": tab{}, "access_key": tab{}, "api_key": tab{}, "application_key": tab{}, "notify": []tab{{"url": tab{}, "password": tab{}, "key": tab{}}}},
		"hosts":      tab{anyName: tab{}},
	}
}

// Schema is a JSON Schema (draft 7) of inventories, for editors: names, types,
// ranges, words and defaults of all keys. It is noted while an empty inventory is
// read, so its keys are those that Parse reads. What else Parse checks is not in it.
func Schema() map[string]any {
	r := &reader{path: "schema", dir: "/", schema: &schema{tree: map[string]any{}}}
	r.inventory(&table{r: r, values: specimen()})
	tree := r.schema.tree
	tree["$schema"] = "http://json-schema.org/draft-07/schema#"
	tree["title"] = "foobar inventory"
	closeTables(tree)
	return tree
}

// schema notes what a reader asks for. A nil one notes nothing.
type schema struct{ tree map[string]any }

// at is the node of a path, made if need be.
func (s *schema) at(path []string) map[string]any {
	node := s.tree
	for _, name := range path {
		switch {
		case strings.HasPrefix(name, "["):
			node["type"] = "array"
			node = child(node, "items")
		case name == anyName:
			node = child(node, "additionalProperties")
		default:
			node = child(child(node, "properties"), name)
		}
	}
	return node
}

func child(node map[string]any, name string) map[string]any {
	below, ok := node[name].(map[string]any)
	if !ok {
		below = map[string]any{}
		node[name] = below
	}
	return below
}

// typed notes the type of a key's value.
func (s *schema) typed(path []string, value any) {
	if s == nil {
		return
	}
	node := s.at(path)
	if node["type"] != nil {
		return
	}
	switch value.(type) {
	case string:
		node["type"] = "string"
	case bool:
		node["type"] = "boolean"
	case int64:
		node["type"] = "integer"
	case []any:
		node["type"], node["items"] = "array", map[string]any{"type": "string"}
	case map[string]any:
		node["type"] = "object"
	}
}

// orMore notes that one text may stand for a list of one.
func (s *schema) orMore(path []string) {
	if s != nil {
		s.at(path)["type"] = []string{"string", "array"}
	}
}

// orSource notes that a table which says where a secret comes from may stand for a text.
func (s *schema) orSource(path []string) {
	if s != nil {
		s.at(path)["type"] = []string{"string", "object"}
	}
}

// free notes a table whose keys people choose and whose values are texts.
func (s *schema) free(path []string) {
	if s != nil {
		s.at(path)["additionalProperties"] = map[string]any{"type": "string"}
	}
}

// standard notes the default of a key; nothing where that depends on other keys.
func (s *schema) standard(path []string, value any) {
	if s == nil {
		return
	}
	switch v := reflect.ValueOf(value); {
	case v.Kind() == reflect.Bool:
	case v.Kind() == reflect.Slice && v.Len() == 0, v.IsZero():
		return
	}
	switch v := value.(type) {
	case time.Duration:
		value = showDuration(v)
	case []string:
		value = slices.Clone(v)
	}
	s.at(path)["default"] = value
}

// bounds notes a range of numbers.
func (s *schema) bounds(path []string, low, high int) {
	if s != nil {
		node := s.at(path)
		node["minimum"], node["maximum"] = low, high
	}
}

// numbers notes a list of numbers in a range.
func (s *schema) numbers(path []string, low, high int) {
	if s != nil {
		node := s.at(path)
		node["type"], node["items"] = "array", map[string]any{"type": "integer", "minimum": low, "maximum": high}
	}
}

// words notes the words that a text can be, as the error of a check lists them when
// it is given another.
func (s *schema) words(path []string, checks []check, ofItems bool) {
	if s == nil {
		return
	}
	good := func(word string) bool {
		return !slices.ContainsFunc(checks, func(c check) bool { return c(word) != nil })
	}
	for _, c := range checks {
		err := c("?")
		if err == nil {
			continue
		}
		_, list, ok := strings.Cut(err.Error(), "; it can be ")
		words := strings.Split(list, ", ")
		if !ok || !slices.ContainsFunc(words, good) {
			continue
		}
		if slices.ContainsFunc(words, func(word string) bool { return c(word) != nil }) {
			continue // a sentence, not a list
		}
		node := s.at(path)
		if ofItems {
			node = child(node, "items")
		}
		node["enum"] = slices.DeleteFunc(words, func(word string) bool { return !good(word) })
	}
}

// missing notes a key without which a table is wrong.
func (s *schema) missing(table []string, name string) {
	if s == nil {
		return
	}
	node := s.at(table)
	required, _ := node["required"].([]string)
	if !slices.Contains(required, name) {
		node["required"] = append(required, name)
	}
}

// closeTables refuses, in every table, what was not asked for.
func closeTables(node map[string]any) {
	if below, ok := node["properties"].(map[string]any); ok {
		node["type"] = "object"
		node["additionalProperties"] = false
		for _, one := range below {
			closeTables(one.(map[string]any))
		}
	}
	for _, name := range []string{"items", "additionalProperties"} {
		if one, ok := node[name].(map[string]any); ok {
			closeTables(one)
		}
	}
}
