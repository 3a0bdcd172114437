//go:build lab && gauntlet

package labtest

import "testing"

// Every scenario of the databases on both engines, each on a lab of its own.

func TestX1MariaDB(t *testing.T) { sceneOf("mariadb").play(t) }

func TestX2MySQL(t *testing.T) { sceneOf("mysql").play(t) }
