package action

import "runtime/debug"

// reserve counts as memory in use and takes none, as it is never touched: where a run holds
// little, Go's garbage collector, which begins at 4 MiB, would run all the time.
var reserve []byte

// BoundMemory sets how much the garbage collector leaves. With Go's own setting, 100, what
// is held of each host would take twice its memory.
func BoundMemory() {
	debug.SetGCPercent(60)
	reserve = make([]byte, 16<<20)
}
