package event

import (
	"embed"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"time"

	"foobar/internal/resource"
)

//go:embed event.go record.go refused.go
var sources embed.FS

// Schema is a JSON Schema (draft 2020-12) of one line of the event stream, made
// from the types; what it says of them is their comments. Later versions may add
// fields, so it allows those that it does not name.
func Schema() map[string]any {
	s := &schema{defs: map[string]any{}, comments: comments()}
	var each []any
	for _, e := range Types() {
		node := s.object(reflect.TypeOf(e))
		node["properties"].(map[string]any)["type"] = map[string]any{"const": e.Type()}
		s.defs[e.Type()] = node
		each = append(each, map[string]any{"$ref": "#/$defs/" + e.Type()})
	}
	return map[string]any{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"title":       "foobar event",
		"description": "One line of -o json of plan, deploy, exec, db switchover, failover, rejoin and restore, and of the record of a run. An operation on the databases holds the events of its deploys; the last line is its own run_done.",
		"type":        "object",
		"required":    []string{"v", "seq", "time", "type"},
		"properties": map[string]any{
			"v":    map[string]any{"const": Version, "description": "version of this form"},
			"seq":  map[string]any{"type": "integer", "minimum": 0, "description": "number of the event in its run, from 1; 0 of what comes before"},
			"time": map[string]any{"type": "string", "format": "date-time", "description": "the controller's clock, UTC"},
			"type": map[string]any{"type": "string"},
		},
		"oneOf": each,
		"$defs": s.defs,
	}
}

type schema struct {
	defs     map[string]any
	comments map[string]string // of "Type" and "Type.Field"
}

// words are the values of the types that have only some.
func words(t reflect.Type) []string {
	switch t {
	case reflect.TypeFor[Outcome]():
		return []string{string(OK), string(Failed), string(Unreachable), string(Locked), string(Skipped), string(Stopped), string(Unhealthy), string(Reverted)}
	case reflect.TypeFor[resource.Action]():
		return []string{string(resource.Create), string(resource.Update), string(resource.Remove), string(resource.Act)}
	}
	return nil
}

// node is the schema of a value.
func (s *schema) node(t reflect.Type) map[string]any {
	switch {
	case words(t) != nil:
		return map[string]any{"enum": words(t)}
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Pointer:
		return s.node(t.Elem())
	case reflect.Slice:
		// A list of nothing is null.
		return map[string]any{"type": []string{"array", "null"}, "items": s.node(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": []string{"object", "null"}, "additionalProperties": s.node(t.Elem())}
	case reflect.Struct:
		if s.defs[t.Name()] == nil {
			s.defs[t.Name()] = s.object(t)
		}
		return map[string]any{"$ref": "#/$defs/" + t.Name()}
	}
	return map[string]any{}
}

// object is the schema of a struct; fields that may be left out say so in their tag.
func (s *schema) object(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		node := s.node(f.Type)
		if text := s.comments[t.Name()+"."+f.Name]; text != "" {
			node["description"] = text
		}
		properties[name] = node
		if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			required = append(required, name)
		}
	}
	node := map[string]any{"type": "object", "properties": properties, "required": required}
	if text := s.comments[t.Name()]; text != "" {
		node["description"] = text
	}
	return node
}

// comments are those of the types in this package's own source.
func comments() map[string]string {
	all := map[string]string{}
	files, _ := sources.ReadDir(".")
	for _, file := range files {
		text, _ := sources.ReadFile(file.Name())
		parsed, err := parser.ParseFile(token.NewFileSet(), file.Name(), text, parser.ParseComments)
		if err != nil {
			continue // it was compiled, so it parses
		}
		for _, d := range parsed.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE {
				continue
			}
			for _, spec := range g.Specs {
				t := spec.(*ast.TypeSpec)
				fields, ok := t.Type.(*ast.StructType)
				if !ok {
					continue
				}
				all[t.Name.Name] = oneLine(g.Doc)
				for _, f := range fields.Fields.List {
					for _, name := range f.Names {
						all[t.Name.Name+"."+name.Name] = strings.TrimSpace(oneLine(f.Doc) + " " + oneLine(f.Comment))
					}
				}
			}
		}
	}
	return all
}

func oneLine(c *ast.CommentGroup) string {
	return strings.Join(strings.Fields(c.Text()), " ")
}
