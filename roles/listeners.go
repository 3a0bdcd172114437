package roles

import (
	"slices"

	"foobar/inventory"
)

// BufferPool is the size of the database's buffer pool, in bytes, on a host
// with so much memory.
func BufferPool(inv *inventory.Inventory, memory int64) int64 { return databaseBufferPool(inv, memory) }

// DatabaseOurs reports whether a host's ledger says that foobar configured the
// database server there.
func DatabaseOurs(inv *inventory.Inventory, owned []string) bool {
	e, err := databaseEngineOf(inv)
	return err == nil && slices.Contains(owned, "file:"+e.conf)
}

// Contained reports whether systemd-detect-virt names a container, whose clock
// is its machine's.
func Contained(virt string) bool { return isContainer(virt) }
