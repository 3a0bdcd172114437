package play

import "time"

// Arrivals is how a host is asked when data came in where the monitoring keeps them. The
// zero value asks nothing.
type Arrivals struct {
	// Script is sh that changes nothing.
	Script string
	// Read understands what it prints, at the time that the host's clock had, by the names
	// of the hosts that the data are from. A host that is not in the answer has sent none.
	Read func(lines []string, clock time.Time) map[string]Arrival
}

// Arrival is about the newest data of a host that came in.
type Arrival struct {
	// Age is how old they are; Known says that this could be told.
	Age   time.Duration
	Known bool
	// Waiting is how many batches the host still holds.
	Waiting int64
	// Dropped is how many it gave up in the last five minutes, since they were refused.
	Dropped int64
}
