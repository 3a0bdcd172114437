//go:build lab

package labtest

import "testing"

// TestP1MariaDB and TestP2MySQL take the hosts of the earlier tests away.
func TestP1MariaDB(t *testing.T) { sceneOf("mariadb").play(t) }

func TestP2MySQL(t *testing.T) { sceneOf("mysql").play(t) }
