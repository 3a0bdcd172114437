package event

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/resource"
)

// full gives every field of a value something that is not zero.
func full(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x\n\"é")
		if list := words(v.Type()); list != nil {
			v.SetString(list[len(list)-1])
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1<<53 + 1) // more than a float holds
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		full(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		full(v.Index(0))
		full(v.Index(1))
	case reflect.Struct:
		for i := range v.NumField() {
			full(v.Field(i))
		}
	default:
		panic("a kind of field that no test fills: " + v.Type().String())
	}
}

// samples are every type of event, empty and with all its fields.
func samples() []Event {
	var all []Event
	for _, zero := range Types() {
		p := reflect.New(reflect.TypeOf(zero)).Elem()
		full(p)
		all = append(all, zero, p.Interface().(Event))
	}
	return all
}

func TestRoundTrip(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)
	for i, e := range append(samples(), Unknown{Name: "moon_rose", Fields: map[string]json.RawMessage{"phase": json.RawMessage(`"full"`)}}, Unknown{Name: "bare", Fields: map[string]json.RawMessage{}}) {
		want := Envelope{Seq: i, Time: at, Event: e}
		line, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Envelope
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %#v\nwant %#v", got, want)
		}
	}
}

func TestDecodeTakesWhatIsNewAndRefusesAnotherVersion(t *testing.T) {
	var e Envelope
	if err := json.Unmarshal([]byte(`{"v":1,"seq":3,"time":"2026-01-02T03:04:05Z","type":"waiting","host":"a","for":"b","since":7}`), &e); err != nil || e.Event != (Waiting{Host: "a", For: "b"}) {
		t.Errorf("%v, %+v", err, e)
	}
	if err := json.Unmarshal([]byte(`{"v":2,"seq":1,"time":"2026-01-02T03:04:05Z","type":"waiting"}`), &e); !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), "2, where this foobar reads 1") {
		t.Errorf("version 2: %v", err)
	}
	for _, line := range []string{`{}`, `{"v":1}`, `{"type":"waiting"}`, `[]`, `{"v":1,"seq":1,"time":"noon","type":"waiting"}`, `{"v":1,"seq":1,"time":"2026-01-02T03:04:05Z","type":"waiting","host":7}`} {
		if err := json.Unmarshal([]byte(line), &e); err == nil {
			t.Errorf("%s is taken", line)
		}
	}
}

// TestTypesIsWhole: a type of event that the list lacks could not be read back.
func TestTypesIsWhole(t *testing.T) {
	var listed, written []string
	taken := []string{"v", "seq", "time", "type"}
	for _, e := range Types() {
		typ := reflect.TypeOf(e)
		listed = append(listed, typ.Name())
		for i := range typ.NumField() {
			if name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ","); name == "" || slices.Contains(taken, name) {
				t.Errorf("%s.%s has the name %q", typ.Name(), typ.Field(i).Name, name)
			}
		}
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv != nil && fn.Name.Name == "Type" {
				written = append(written, fn.Recv.List[0].Type.(*ast.Ident).Name)
			}
		}
	}
	listed = append(listed, "Unknown")
	slices.Sort(listed)
	slices.Sort(written)
	if !slices.Equal(listed, written) {
		t.Errorf("listed: %v\nwritten: %v", listed, written)
	}
}

// TestWordsAreWhole: every constant of a type with few words is in the schema.
func TestWordsAreWhole(t *testing.T) {
	for file, typ := range map[string]reflect.Type{"event.go": reflect.TypeFor[Outcome](), "../resource/resource.go": reflect.TypeFor[resource.Action]()} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		ast.Inspect(parsed, func(node ast.Node) bool {
			v, ok := node.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if id, ok := v.Type.(*ast.Ident); ok && id.Name == typ.Name() {
				n++
				if word := strings.Trim(v.Values[0].(*ast.BasicLit).Value, `"`); !slices.Contains(words(typ), word) {
					t.Errorf("the schema lacks %s %q", typ.Name(), word)
				}
			}
			return true
		})
		if n != len(words(typ)) {
			t.Errorf("%s: %d constants, %d words", typ.Name(), n, len(words(typ)))
		}
	}
}
