// Package dialects lists the database engines that foobar knows.
package dialects

import (
	"fmt"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/internal/database/mysql"
)

// All are those engines.
func All() []database.Dialect { return []database.Dialect{mariadb.Dialect{}, mysql.Dialect{}} }

// Named is the dialect that an inventory names.
func Named(name string) (database.Dialect, error) {
	for _, f := range All() {
		if f.Words().Name == name {
			return f, nil
		}
	}
	return nil, fmt.Errorf("no database engine %q is known", name)
}
