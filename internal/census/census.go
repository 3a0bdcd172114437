// Package census asks a host once about all units, files and packages that its resources
// want to know of: by one systemctl, one stat, one sha256sum and one dpkg-query.
package census

import (
	_ "embed" // the script
	"slices"
	"strconv"
	"strings"

	"foobar/internal/sh"
)

// Part is what one kind of resource wants to know. Its lines are:
//
//   - for each of Units, in this order, the properties Id, LoadState, ActiveState,
//     SubState, UnitFileState, NeedDaemonReload, InvocationID, InactiveExitTimestamp (Unix
//     seconds after @) and DropInPaths, as systemctl show prints them;
//   - for each of Files and Followed that is there a line "stat", its name, type, mode,
//     owner and group, size, change time and, in quotes, where a link leads, with tabs
//     between; for those that are regular files the line of sha256sum. Other kinds' files may
//     come with them;
//   - for each of Packages that dpkg knows a line "package", its name, status, what is
//     wanted of it and its version, with tabs between, and after them "packages asked".
//
// Followed are files of which the digest is asked where the name leads to one by a link,
// too; Looked are those of which nobody wants the digest. Sources: systemctl(1), stat(1),
// sha256sum(1), dpkg-query(1).
type Part struct{ Units, Files, Followed, Looked, Packages []string }

// Section is the one of the answer in which all lines come.
const Section = "census"

//go:embed census.sh
var script string

// Script is shell that prints them and leaves the lines of sha256sum in $sums and those of
// packages, each behind the end of a line, in $packages; "" where nobody wants to know
// anything.
func Script(parts []Part) string {
	var units, files, followed, looked, packages []string
	for _, p := range parts {
		units, files = append(units, p.Units...), append(files, p.Files...)
		followed, looked = append(followed, p.Followed...), append(looked, p.Looked...)
		packages = append(packages, p.Packages...)
	}
	slices.Sort(packages)
	packages = slices.Compact(packages)
	met := map[string]bool{}
	again := func(path string) bool {
		old := met[path]
		met[path] = true
		return old
	}
	followed = slices.DeleteFunc(followed, again)
	files = slices.DeleteFunc(files, again)
	looked = slices.DeleteFunc(looked, again)
	if len(units)+len(met)+len(packages) == 0 {
		return ""
	}
	text := script
	if len(units) > 0 {
		text += sh.UnixTimes + "census_units " + sh.Join(units...) + " 2>&1\n"
	}
	if len(met) > 0 {
		counts := []string{strconv.Itoa(len(files)), strconv.Itoa(len(files) + len(followed))}
		text += "census_files " + sh.Join(slices.Concat(counts, files, followed, looked)...) + "\n"
	}
	if len(packages) > 0 {
		text += "census_packages " + sh.Join(packages...) + "\n"
	}
	return text
}

// Read takes the lines apart for the parts. What is said beside them, such as an error,
// goes to each.
func Read(parts []Part, lines []string) [][]string {
	var units [][]string // systemctl prints them in the order asked for, each beginning with its Id
	var common, beside []string
	for _, line := range lines {
		_, _, digest := Digest(line)
		switch {
		case digest || strings.HasPrefix(line, "stat\t") || strings.HasPrefix(line, "package\t") || line == packagesAsked:
			common = append(common, line)
		case strings.HasPrefix(line, "Id="):
			units = append(units, []string{line})
		case len(units) > 0 && strings.Contains(line, "="):
			units[len(units)-1] = append(units[len(units)-1], line)
		default:
			beside = append(beside, line)
		}
	}
	all := make([][]string, len(parts))
	for i, p := range parts {
		n := min(len(p.Units), len(units))
		all[i] = slices.Concat(beside, slices.Concat(units[:n]...), common)
		units = units[n:]
	}
	return all
}

// Stat is a line of stat. Target is where a link leads.
type Stat struct{ Path, Type, Mode, Owner, Size, Changed, Target string }

// ReadStat reads one.
func ReadStat(line string) (s Stat, ok bool) {
	f := strings.SplitN(line, "\t", 8)
	if len(f) != 8 || f[0] != "stat" {
		return s, false
	}
	return Stat{f[1], f[2], f[3], f[4], f[5], f[6], target(f[1], f[7])}, true
}

// target is where the link of that name leads, as stat's %N says: both in quotes, an arrow
// between. Letters that are special in quotes stay as stat wrote them.
func target(name, said string) string {
	said, link := strings.CutPrefix(said, "'"+name+"' -> ")
	if !link {
		return ""
	}
	if plain := strings.TrimSuffix(strings.TrimPrefix(said, "'"), "'"); len(plain) == len(said)-2 && !strings.Contains(plain, "'") {
		return plain
	}
	return said
}

// StatOf is what stat has said of a path.
func StatOf(path string, lines []string) (s Stat, ok bool) {
	for _, line := range lines {
		if s, ok = ReadStat(line); ok && s.Path == path {
			return s, true
		}
	}
	return s, false
}

// Digest reads a line of sha256sum, which puts a backslash before a line whose path holds
// one and doubles it there.
func Digest(line string) (sum, path string, ok bool) {
	line, escaped := strings.CutPrefix(line, `\`)
	sum, path, ok = strings.Cut(line, "  ")
	if escaped {
		path = strings.ReplaceAll(path, `\\`, `\`)
	}
	return sum, path, ok && len(sum) == 64
}

// packagesAsked is the line that says that dpkg was able to answer.
const packagesAsked = "packages asked"

// Package is what dpkg says of one: its status ("installed", "config-files"...), what is
// wanted of it ("install", "hold"...) and its version.
type Package struct{ Status, Want, Version string }

// Packages are those that dpkg knows, by name; ok is false where it did not answer.
func Packages(lines []string) (all map[string]Package, ok bool) {
	all = map[string]Package{}
	for _, line := range lines {
		if f := strings.Split(line, "\t"); len(f) == 5 && f[0] == "package" && f[2] != "not-installed" {
			all[f[1]] = Package{f[2], f[3], f[4]}
		}
		ok = ok || line == packagesAsked
	}
	return all, ok
}
