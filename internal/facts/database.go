package facts

import "strings"

// databaseScript asks a running server over its socket, as root, for its
// replication role. Nothing is asked where no server is installed.
const databaseScript = `if command -v mariadbd >/dev/null || command -v mysqld >/dev/null; then echo "db installed"; fi
[ ! -d /var/lib/mysql/mysql ] || echo "db data"
if [ -S /run/mysqld/mysqld.sock ]; then
  c=mariadb; command -v mariadb >/dev/null || c=mysql
  timeout 10 "$c" --no-defaults -S /run/mysqld/mysqld.sock -B -N -e 'SELECT CONCAT("db version ",@@version); SELECT CONCAT("db read_only ",@@global.read_only)' 2>/dev/null || :
  case $c in
  mariadb) timeout 10 mariadb --no-defaults -S /run/mysqld/mysqld.sock -B -N -e 'SELECT CONCAT("db position ",@@global.gtid_current_pos)' 2>/dev/null || :
    timeout 10 mariadb --no-defaults -S /run/mysqld/mysqld.sock -E -e 'SHOW ALL SLAVES STATUS' 2>/dev/null | while read -r k v; do [ "$k" != Master_Host: ] || echo "db source $v"; done ;;
  esac
fi
`

func (d *Database) set(key, value string) error {
	if key != "db" {
		return nil // a later version may print more
	}
	key, value, _ = strings.Cut(value, " ")
	switch key {
	case "installed":
		d.Installed = true
	case "data":
		d.Data = true
	case "version":
		d.Running, d.Version = true, value
	case "read_only":
		d.ReadOnly = value != "0"
	case "position":
		d.Position = value
	case "source":
		d.Source = value
	}
	return nil
}
