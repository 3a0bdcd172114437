package monitoring

import (
	"time"

	"foobar/internal/ask"
	"foobar/inventory"
)

// Alarmer is a Provider that can raise an alert for a test, on one of the site's hosts.
type Alarmer interface {
	// AlarmHost is that host.
	AlarmHost(inv *inventory.Inventory) *inventory.Host
	// AlarmQuestion is sh that asks it who was told of what so far.
	AlarmQuestion() string
	// Raise is sh that raises the alert with a mark, for some time; and before that ends it
	// with a time of 0.
	Raise(inv *inventory.Inventory, mark string, lasts time.Duration) string
	// Alarmed tells, from what the host said before and says now, which receivers have
	// taken the notification of the alert with that mark; over says that waiting changes
	// nothing.
	Alarmed(inv *inventory.Inventory, mark string, before, now *ask.Answer) (p Proof, over bool)
}
