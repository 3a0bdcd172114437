package database

// What the tests, which use the dialects, see of the inside.
var (
	ReadCompared = readCompared
	StillEmpty   = stillEmpty
	UnitID       = unit
)

const SeedMost = seedMost

// Await is a replica's wait for its source.
func Await(d Dialect) string { return Replica{Dialect: d}.await() }

// Refuse is why a copy must not be made.
func (c Compared) Refuse(d Dialect, source string, careful bool) error {
	return c.refuse(d, source, careful)
}

// Retained is the hash that goes on letting in.
func (a Account) Retained(got AccountState) string { return a.retained(got) }

// Want is the account as it is to be.
func (a Account) Want() Identity { return a.want() }
