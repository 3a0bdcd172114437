package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// source is what is released: where it lies and what it is called.
type source struct {
	Dir      string    // the folder with the product's go.mod
	Version  string    // as git describe says it, or as VERSION does
	Revision string    // the commit; empty without git
	Commit   string    // the commit's time, RFC 3339; empty without git
	Time     time.Time // that too, or SOURCE_DATE_EPOCH; what every file is dated
}

// findSource asks git, but for what the environment says: VERSION, and
// SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/).
func findSource(dir string, env func(string) string) (source, error) {
	s := source{Dir: dir, Version: env("VERSION")}
	// A folder that lies within somebody else's repository is not that repository.
	_, noGit := os.Stat(filepath.Join(dir, ".git"))
	if noGit != nil && (s.Version == "" || env("SOURCE_DATE_EPOCH") == "") {
		return s, fmt.Errorf("%s is no clone; give what git would say: VERSION=1.2.3 SOURCE_DATE_EPOCH=seconds make release", dir)
	}
	var err error
	if noGit == nil {
		if s.Revision, err = git(dir, "rev-parse", "HEAD"); err != nil {
			return s, err
		}
		at, err := git(dir, "log", "-1", "--format=%ct")
		if err != nil {
			return s, err
		}
		if s.Time, err = seconds(at); err != nil {
			return s, err
		}
		s.Commit = s.Time.Format(time.RFC3339)
	}
	if s.Version == "" {
		if s.Version, err = git(dir, "describe", "--tags", "--always", "--dirty"); err != nil {
			return s, err
		}
	}
	if epoch := env("SOURCE_DATE_EPOCH"); epoch != "" {
		if s.Time, err = seconds(epoch); err != nil {
			return s, fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
		}
	}
	return s, nil
}

func git(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

func seconds(text string) (time.Time, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return time.Time{}, fmt.Errorf("%q is not a time in seconds since 1970", text)
	}
	return time.Unix(n, 0).UTC(), nil
}

var (
	tagForm    = regexp.MustCompile(`^v?([0-9][0-9A-Za-z.]*)(?:-([0-9A-Za-z.-]+))?$`)
	afterForm  = regexp.MustCompile(`-([0-9]+)-g([0-9a-f]{7,})$`)
	commitForm = regexp.MustCompile(`^[0-9a-f]{7,40}$`)
)

// packageVersion is a version in the order that both dpkg and rpm give it, where ~
// stands before the end and + after it: 1.2.3~rc1, 1.2.3, then 1.2.3+5.gabcdef0, five
// commits later, and 0.0.0~git… by date before the first tag
// (https://www.debian.org/doc/debian-policy/ch-controlfields.html#version,
// https://rpm-software-management.github.io/rpm/man/rpm-version.7).
func packageVersion(version string, at time.Time) (string, error) {
	tag, dirty := strings.CutSuffix(version, "-dirty")
	suffix := ""
	if dirty {
		suffix = ".dirty"
	}
	if commitForm.MatchString(tag) {
		return "0.0.0~git" + at.UTC().Format("20060102150405") + "." + tag + suffix, nil
	}
	if m := afterForm.FindStringSubmatch(tag); m != nil {
		tag = strings.TrimSuffix(tag, m[0])
		suffix = "+" + m[1] + ".g" + m[2] + suffix
	} else if dirty {
		suffix = "+0" + suffix // before the first commit after the tag
	}
	m := tagForm.FindStringSubmatch(tag)
	if m == nil {
		return "", fmt.Errorf("version %q: want one such as 1.2.3, v1.2.3-rc1 or what git describe makes of a tag like these", version)
	}
	if m[2] != "" {
		suffix = "~" + strings.ReplaceAll(m[2], "-", ".") + suffix
	}
	return m[1] + suffix, nil
}
