package resource

import (
	"slices"
	"strings"

	"foobar/internal/sh"
)

// others are the members of the group that is foobar's alone whom foobar has not put there.
func (u User) others(o Observed) []string {
	if !u.Own {
		return nil
	}
	return slices.DeleteFunc(strings.FieldsFunc(o.Get("members"), func(r rune) bool { return r == ',' || r == ' ' }), func(name string) bool {
		return name == u.Name || slices.Contains(u.Members, name) || strings.HasPrefix(name, "-")
	})
}

// member is what Found calls a member.
func (u User) member(name string) string { return name + " in the group " + u.Name }

// Found are the members that others have added. Of accounts that are not foobar's alone
// nothing is said.
func (u User) Found(o Observed) ([]string, bool) {
	var names []string
	for _, name := range u.others(o) {
		names = append(names, u.member(name))
	}
	return names, u.Own && o.State != Unknown
}

// Unmanaged are those that stay.
func (u User) Unmanaged(o Observed) []string {
	names, _ := u.Found(o)
	return slices.DeleteFunc(names, o.Strange)
}

// strangers are those that came after foobar, and shell that takes them out.
func (u User) strangers(o Observed) (fields []Field, script string) {
	for _, name := range u.others(o) {
		if o.Strange(u.member(name)) {
			fields = append(fields, Field{Name: "member of the group", Old: name, New: "none"})
			script += "gpasswd -d " + sh.Join(name, u.Name) + " >/dev/null\n"
		}
	}
	return fields, script
}
