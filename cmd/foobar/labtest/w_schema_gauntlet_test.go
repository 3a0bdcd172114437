//go:build lab && gauntlet

package labtest

import (
	"path/filepath"
	"testing"
)

// TestW2OneSchemaMySQL goes on with the site of TestW1MySQL.
func TestW2OneSchemaMySQL(t *testing.T) {
	s := sceneOf("mysql")
	s.servers = []string{"web1", "web2"}
	s.site = filepath.Join(work, "mysql.toml")
	s.oneSchema(t)
}
