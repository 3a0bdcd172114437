package event

import (
	"reflect"

	"foobar/internal/ask"
)

// mostText is how many characters of a text an event may hold.
const mostText = 300_000

// printable is a copy of an event whose every text is fit to be shown. Whoever emits
// events has seen to that already; this is in case one place forgot.
func printable(e Event) Event {
	return shown(reflect.ValueOf(e)).Interface().(Event)
}

func shown(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		text := reflect.New(v.Type()).Elem()
		text.SetString(ask.PrintableText(v.String(), mostText))
		return text
	case reflect.Slice:
		if v.IsNil() || v.Type().Elem().Kind() == reflect.Uint8 {
			return v
		}
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			list.Index(i).Set(shown(v.Index(i)))
		}
		return list
	case reflect.Struct:
		whole := reflect.New(v.Type()).Elem()
		whole.Set(v)
		for i := range v.NumField() {
			if whole.Field(i).CanSet() {
				whole.Field(i).Set(shown(v.Field(i)))
			}
		}
		return whole
	}
	return v
}
