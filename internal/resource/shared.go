package resource

import (
	_ "embed" // the script
	"slices"
	"strconv"
	"strings"

	"foobar/internal/sh"
)

// Sharer is a kind whose probes ask about units and files as those of other kinds do: a
// host is asked about all of them at once, by one systemctl, one stat and one sha256sum.
type Sharer interface {
	Parser
	Shares(args [][]string) Shared
}

// Shared is what a kind has asked together with other kinds. Its Parse is given, before
// the lines of its own fragment:
//
//   - for each of Units, in this order, the properties Id, LoadState, ActiveState,
//     SubState, UnitFileState, NeedDaemonReload, InvocationID, InactiveExitTimestamp (Unix
//     seconds after @) and DropInPaths, as systemctl show prints them;
//   - for each of Files and Followed that is there a line "stat", its name, type, mode,
//     owner and group, size and change time, with tabs between; for those that are regular
//     files the line of sha256sum. Other kinds' files may come with them.
//
// Followed are files of which the digest is asked where the name leads to one by a link,
// too. Sources: systemctl(1), stat(1), sha256sum(1).
type Shared struct{ Units, Files, Followed []string }

// shared is the section in which the answer comes.
const shared = "shared"

//go:embed shared.sh
var sharedScript string

// shares are the parts of the kinds, by the position of their groups.
func (s *ProbeSet) shares() map[int]Shared {
	all := map[int]Shared{}
	for i, g := range s.groups {
		if k, ok := g.kind.(Sharer); ok {
			all[i] = k.Shares(g.args)
		}
	}
	return all
}

// shared is the fragment that asks for all of them; "" where there is none.
func (s *ProbeSet) shared() string {
	var units, files, followed []string
	parts := s.shares()
	for i := range s.groups {
		units = append(units, parts[i].Units...)
		files = append(files, parts[i].Files...)
		followed = append(followed, parts[i].Followed...)
	}
	met := map[string]bool{}
	again := func(path string) bool {
		old := met[path]
		met[path] = true
		return old
	}
	followed = slices.DeleteFunc(followed, again)
	files = slices.DeleteFunc(files, again)
	if len(units)+len(met) == 0 {
		return ""
	}
	text := "ask_kind=" + shared + "; e\n" + sharedScript
	if len(units) > 0 {
		text += sh.UnixTimes + "shared_units " + sh.Join(units...) + " 2>&1\n"
	}
	if len(met) > 0 {
		text += "shared_files " + sh.Join(slices.Concat([]string{strconv.Itoa(len(files))}, files, followed)...) + "\n"
	}
	return text
}

// given are the lines of the shared answer for each kind that shares, by the position of
// its group. What is said beside them, such as an error, goes to each.
func (s *ProbeSet) given(lines []string) map[int][]string {
	var units [][]string // systemctl prints them in the order asked for, each beginning with its Id
	var files, beside []string
	for _, line := range lines {
		_, _, digest := digestLine(line)
		switch {
		case digest || strings.HasPrefix(line, "stat\t"):
			files = append(files, line)
		case strings.HasPrefix(line, "Id="):
			units = append(units, []string{line})
		case len(units) > 0 && strings.Contains(line, "="):
			units[len(units)-1] = append(units[len(units)-1], line)
		default:
			beside = append(beside, line)
		}
	}
	parts, all := s.shares(), map[int][]string{}
	for i := range s.groups {
		if part, ok := parts[i]; ok {
			n := min(len(part.Units), len(units))
			all[i] = slices.Concat(beside, slices.Concat(units[:n]...), files)
			units = units[n:]
		}
	}
	return all
}
