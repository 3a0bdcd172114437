// Package compare finds what differs between what a monitoring service is to have and what
// its API says that it has.
package compare

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/secret"
)

// Plain is a value as it comes back from its JSON; nil stays nil.
func Plain(v any) any {
	raw, err := json.Marshal(v)
	if err != nil { // values made here have a JSON form
		panic(err)
	}
	var out any
	_ = json.Unmarshal(raw, &out)
	return out
}

// Text is a value as people read it.
func Text(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(v)
	return b.String()
}

// Sorted are the keys of a map in their order.
func Sorted(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// Same reports whether the service was told what is wanted. Of objects only the wanted
// fields count, since the service adds its own; what is empty may be missing; lists are
// in no order; and times may be in other units.
func Same(want, got any) bool {
	if empty(want) && empty(got) {
		return true
	}
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return false
		}
		for key, value := range w {
			if !Same(value, g[key]) {
				return false
			}
		}
		return true
	case []any:
		g, ok := got.([]any)
		return ok && len(g) == len(w) && !slices.Contains(pairs(w, g), -1)
	case string:
		g, ok := got.(string)
		return ok && (w == g || spans(w, g) || documents(w, g))
	}
	return want == got
}

// empty reports whether a value says nothing.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case float64:
		return v == 0
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return !slices.ContainsFunc(Sorted(v), func(key string) bool { return !empty(v[key]) })
	}
	return false
}

// pairs finds for each wanted element of a list one that is the same, -1 for none.
func pairs(want, got []any) []int {
	used := make([]bool, len(got))
	at := make([]int, len(want))
	for i, w := range want {
		at[i] = slices.IndexFunc(got, func(g any) bool { return Same(w, g) })
		for at[i] >= 0 && used[at[i]] {
			next := slices.IndexFunc(got[at[i]+1:], func(g any) bool { return Same(w, g) })
			if next < 0 {
				at[i] = -1
				break
			}
			at[i] += 1 + next
		}
		if at[i] >= 0 {
			used[at[i]] = true
		}
	}
	return at
}

// As is what is there in the form of what is wanted, so that a comparison of both as
// texts shows what differs and nothing else.
func As(want, got any) any {
	if Same(want, got) {
		return want
	}
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			break
		}
		out := map[string]any{}
		for key, value := range w {
			if there, has := g[key]; has || empty(value) {
				out[key] = As(value, there)
			}
		}
		return out
	case []any:
		g, ok := got.([]any)
		if !ok {
			break
		}
		return asList(w, g)
	}
	return got
}

// asList puts what is the same into the wanted order. An element without its like stands
// beside the one in its own place.
func asList(want, got []any) []any {
	at := pairs(want, got)
	left := slices.Clone(got)
	for _, i := range at {
		if i >= 0 {
			left[i] = nil
		}
	}
	left = slices.DeleteFunc(left, func(v any) bool { return v == nil })
	out := []any{}
	for i, w := range want {
		switch {
		case at[i] >= 0:
			out = append(out, w)
		case len(left) > 0:
			out, left = append(out, As(w, left[0])), left[1:]
		}
	}
	return append(out, left...)
}

// documents reports whether two texts are the same JSON, which the service may have
// written in its own way.
func documents(a, b string) bool {
	if !strings.HasPrefix(a, "{") || !strings.HasPrefix(b, "{") {
		return false
	}
	var first, second any
	return json.Unmarshal([]byte(a), &first) == nil && json.Unmarshal([]byte(b), &second) == nil && Same(first, second) && Same(second, first)
}

// spans reports whether two texts are the same span of time: "-60m", "1h".
func spans(a, b string) bool {
	m, first := seconds(a)
	n, second := seconds(b)
	return first && second && m == n
}

// seconds reads a span such as -15m. The sign says nothing: all are of the past.
func seconds(s string) (int, bool) {
	s = strings.TrimPrefix(s, "-")
	if s == "" {
		return 0, false
	}
	per := map[byte]int{'s': 1, 'm': 60, 'h': 3600, 'd': 86400}[s[len(s)-1]]
	n, err := strconv.Atoi(s[:len(s)-1])
	return n * per, err == nil && per > 0
}

// Errand compares a thing with what is there; nil where nothing is. What is hidden from
// people is in hide: texts that are secrets.
func Errand(kind, name string, want, got any, hide []secret.String, do func(context.Context) error) (play.Errand, bool) {
	w, g := Plain(want), Plain(got)
	if got != nil && Same(w, g) {
		return play.Errand{}, false
	}
	e := play.Errand{ID: resource.NewID(kind, name), Action: resource.Create, Digest: Text(w), Do: do}
	field := resource.Field{Name: "content", New: hidden(Text(w), hide), Text: true}
	if got != nil {
		e.Action, field.Old = resource.Update, hidden(Text(As(w, g)), hide)
		if len(hide) > 0 { // nor what somebody else wrote in the place of a secret
			e.Fields = differing(w, g)
			return e, true
		}
	}
	e.Fields = []resource.Field{field}
	return e, true
}

// differing names the fields that differ, and shows none.
func differing(w, g any) (fields []resource.Field) {
	want, got := w.(map[string]any), g.(map[string]any)
	for _, key := range Sorted(want) {
		if !Same(want[key], got[key]) {
			fields = append(fields, resource.Field{Name: key, Old: "another", New: "correct"})
		}
	}
	return fields
}

// hidden is a text without secrets.
func hidden(s string, hide []secret.String) string {
	for _, one := range hide {
		once := quoted(one.Reveal())
		for _, form := range []string{quoted(once), once, one.Reveal()} {
			if form != "" {
				s = strings.ReplaceAll(s, form, one.String())
			}
		}
	}
	return s
}

// quoted is a text as it stands in JSON, which may itself stand in JSON.
func quoted(s string) string {
	s = strings.TrimSpace(Text(s))
	return s[1 : len(s)-1]
}

// Gone is the errand of a thing that goes.
func Gone(kind, name string, do func(context.Context) error) play.Errand {
	return play.Errand{ID: resource.NewID(kind, name), Action: resource.Remove, Do: do,
		Fields: []resource.Field{{Name: "state", Old: "present", New: "absent"}}}
}

// With is a value's JSON with more fields, pairs of a name and a value, and without those
// that are empty texts or null: the service refuses some of them.
func With(v any, pairs ...any) map[string]any {
	out := Plain(v).(map[string]any)
	maps.DeleteFunc(out, func(_ string, value any) bool { return value == nil || value == "" })
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i].(string)] = pairs[i+1]
	}
	return out
}
