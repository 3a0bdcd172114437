//go:build lab && gauntlet

package labtest

import "testing"

// Every scenario of the databases on both engines, each on a lab of its own.

func TestQ1MariaDB(t *testing.T) { sceneOf("mariadb").play(t) }

func TestQ2MySQL(t *testing.T) { sceneOf("mysql").play(t) }
