package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRootWritesThroughOneFunction: owner and mode on a host are set by the
// functions of internal/sh/files.sh, which trust no folder of others. What sets
// them by itself stands here, with why it may.
func TestRootWritesThroughOneFunction(t *testing.T) {
	may := map[string]string{
		"internal/sh/files.sh":                  "the functions themselves",
		"internal/engine/steps.sh":              "a copy beside the target, after foobar_parent",
		"internal/engine/prepare.sh":            "foobar's own folders, after foobar_parent",
		"internal/preflight/script.go":          "a fresh folder of mktemp's",
		"internal/preflight/prelude.sh":         "the same",
		"internal/database/ops/restore_load.sh": "a fresh folder of mktemp's, and folders of root's",
		"internal/resource/acme_issue.sh":       "certbot's folder, which is root's",
		"internal/database/mariadb/backup.sh":   "a fresh folder below root's scratch folder",
		"internal/database/mysql/backup.sh":     "a fresh folder below root's scratch folder",
		"roles/access_log_open.sh":              "a name in a folder of root's that was entered first",
		"roles/app_release.go":                  "a new release, in a folder of root's",
		"roles/app_release.sh":                  "a new release, in a folder of root's",
		"internal/preflight/judge_settings.go":  "what check advises, of folders that are the system's",
		"roles/base_hosts.sh":                   "/etc/hosts, after foobar_parent",
		"templates/database/backup.sh.tmpl":     "the folder of backups, which is root's",
		"templates/letsencrypt/deploy.sh.tmpl":  "HAProxy's certificates, in a folder of root's",
	}
	sets := regexp.MustCompile(`(^|[^a-z_.-])(chown|chmod) +(-|[0-7"$%]|root)|(^|[^a-z_.-])install +(-d|-m|-o|-T)`)
	for _, dir := range []string{"engine", "resource", "database", "remote", "preflight", "status", "record", "facts", "sh", "../roles", "../templates"} {
		err := filepath.WalkDir(filepath.Join("../../internal", dir), func(path string, d fs.DirEntry, err error) error {
			name := strings.TrimPrefix(filepath.ToSlash(path), "../../")
			if err != nil || d.IsDir() || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "/testdata/") || may[name] != "" {
				return err
			}
			if !slices.Contains([]string{".go", ".sh", ".tmpl"}, filepath.Ext(name)) {
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for i, line := range strings.Split(string(text), "\n") {
				if sets.MatchString(line) && !strings.HasPrefix(strings.TrimSpace(line), "//") {
					t.Errorf("%s:%d sets owner or mode by itself: %s", name, i+1, strings.TrimSpace(line))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
