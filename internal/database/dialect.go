package database

import (
	"fmt"
	"slices"

	"foobar/internal/resource"
)

// Dialect is one database engine: how it is asked, and what is said to it. What
// only one verb says is no part of it: that lives with the verb, in the engine's Words.
type Dialect interface {
	Words() Words
	// Session is the read-only question for how a server is: statements whose answer
	// Read understands. Where users are named it asks for their accounts, too, and for
	// those without a name.
	Session(users []string) string
	// Read understands the answer to a probe: that to Session, and what is beside it.
	Read(o resource.Observed) (State, error)

	// Hash is what the server stores of a password; the same one always has the same.
	Hash(password string) string
	// PutAccount makes the account, or, when it exists, gives it its password, its
	// limits and its way in again. A replica on which somebody dropped the account, or
	// made it, goes on replicating. Where old is not "", the password whose
	// hash it is, and which the account has now, goes on letting in beside the
	// new one.
	PutAccount(a Identity, exists bool, old string) string
	// SetReadOnly closes or opens the server to writes until it restarts.
	SetReadOnly(on bool) string
	// Attach points a replica at its source and starts it; attached says that it
	// has a source already, whose threads may run.
	Attach(r Source, attached bool) string
	// Forget takes away the connection of that name; "" is the one without a name.
	Forget(connection string) string

	// Login is an option file with which the engine's programs reach a server.
	Login(s Source) string
	// Compare is shell that prints what the source and this server hold, a
	// "key value" a line, as Compared has it: source-log, log, source-schema, schema,
	// unsafe, size (in bytes) and room (in KiB), each at least once. It reaches the
	// source with the option file at login.
	Compare(login string) string
	// Copy is shell that replaces this server's data and accounts by the
	// source's as of one position while the source serves, and attaches it there.
	// The copy is pulled over the port and the encryption of replication. A mark
	// lies in the data directory until everything but the attaching is done.
	Copy(c Copy) string

	Positions
}

// Words are what engines call things that they do alike. Statements end in a
// semicolon and a line's end.
type Words struct {
	// Name is the engine as the inventory names it, Unit the server's systemd unit.
	Name, Unit string
	// Client is the command line of a client that speaks as root over the local
	// socket and reads statements from standard input. LogReader is the program
	// that shows what is in the server's logs.
	Client, LogReader string
	// Quiet is an option of the client, with a space before it, with which it does not show a
	// statement that fails, which may hold a password or a row; "" where it shows none.
	Quiet string
	// Zones is the program that writes the time zones of a folder as statements. Opened
	// lets root write to a server that is closed to it, Closed ends that again: "" where
	// root always may.
	Zones, Opened, Closed string
	// Plugin is the way in with a password.
	Plugin string
	// Blank makes a replica that never held data forget what its installation has
	// written to its own log.
	Blank string
	// Lift lets administrators write to a server that is read-only; "" where they may.
	Lift string
	// Start and Stop are about the threads of a replica, StopReading about the one
	// that receives. Reset forgets the source and keeps the position.
	Start, Stop, StopReading, Reset string
	// Waits ends an ALTER EVENT after which the event waits, as on a replica.
	Waits string
	// Refetch comes before Attach to have a replica give up what it has received and not
	// applied, and ask its source for it again; "" where attaching it does.
	Refetch string
	// Threads is a statement, without an end, whose answer, a "Name: value" a line
	// where the client is run with -E, has columns whose names end in _IO_Running,
	// _SQL_Running and Last_IO_Error, and one that begins with Seconds_Behind_.
	Threads string
	// WaitFor is a function of a position and seconds. It is 0 once the replica has
	// applied everything up to it.
	WaitFor string
	// Sessions is the table of sessions, Variables that of global variables, and
	// Everyone, with a condition, that of accounts that can log in, Locked, with one, those
	// that cannot.
	Sessions, Variables, Everyone, Locked string
	// ByHand begins a statement for State.ByHand: it ends with the column of a variable's
	// name. Persisted is one for State.Persisted, "" where a server has no such thing.
	ByHand, Persisted string
	// Within is a variable with a value: no question of the session takes more than two
	// seconds.
	Within string
	// Revoke begins a statement that takes privileges away. Where the engine can say so, it
	// is no error that they are not there: not on replicas, and not on columns alone.
	Revoke string
	// Adopt makes what a server wrote as a primary count as applied.
	Adopt string
	// Logins begins a statement that lists accounts: the user, and the SHA-256 in
	// hex of what is stored of the password.
	Logins string
	// Aside is shell that reports, with o 0 KEY VALUE, what statements cannot tell;
	// "" is nothing. The function as_server runs a command as As does.
	Aside   string
	Backups BackupFunctions
}

// Attach is Dialect.Attach for a change, the statement that names the source: it has
// verbs for the host, the port, and the user, password and CA, all quoted.
func (w Words) Attach(change string, r Source, attached bool) string {
	change = fmt.Sprintf(change, SQLText(r.Host), r.Port, SQLText(r.User), SQLText(r.Password), SQLText(r.CA)) + w.Start
	if attached {
		return w.Stop + change
	}
	return change
}

// Identity is an account as it is wanted.
type Identity struct {
	User, Host string
	// Hash is what the server stores of the password.
	Hash string
	// TLS says that the account may only come in encrypted.
	TLS bool
	// MaxConnections bounds its sessions; 0 means no bound of its own.
	MaxConnections int
}

// Source is what a replica needs to know of its source.
type Source struct {
	Host     string
	Port     int
	User     string
	Password string
	// CA is the path of the PEM file that the source's certificate is checked against.
	CA string
}

// State is what a server says of itself in one session.
type State struct {
	Version  string
	ReadOnly bool
	// HalfOpen says that it is read-only, but not to administrators.
	HalfOpen bool
	// Schemas are the names of all databases, those of the system too, with
	// the character set of their texts.
	Schemas map[string]string
	// TestTables counts the tables, routines and events in the database "test" of older
	// installations.
	TestTables int
	// Accounts by "user@host", of the users that were asked for. Anyone are the user
	// and host of all, where they were asked for.
	Accounts map[string]AccountState
	Anyone   []Identity
	// Settings are variables of the running server, by their names in small letters.
	Settings map[string]string
	// ByHand are the variables that somebody set in the running server, Persisted those
	// that are to be set so at each start, after what the files say.
	ByHand    map[string]string
	Persisted []string
	// Written is the position of the server's own log, Applied what it took in
	// as a replica, Current the position of its data.
	Written, Applied, Current string
	// Log is what the server's own log has seen, as Errant takes it.
	Log string
	// Names is lower_case_table_names: how it takes the names of tables.
	Names string
	// ServerID is the writer that the server's own transactions name, Number
	// its server_id.
	ServerID, Number string
	// Begun says that the log begins with the site's data, not with what the
	// server's installation wrote.
	Begun bool
	// HalfCopied says that a copy of another server's data was begun here and
	// not finished.
	HalfCopied bool
	// Sources are the connections it replicates over, Received what came over
	// the first of them, Known all that it received, applied or not, where Survey read it.
	Sources         []Connection
	Received, Known string
	// Tables are there where TablesQuestion was behind the Session, and Survey read it.
	Tables Tables
	// Events are there where a probe asked for them.
	Events []Event
	// InName is what runs in the name of accounts, by "user@host", Locked the accounts that
	// nobody can log in with, where a probe asked for them. Among is the number of tables and
	// views where they were too many to ask for InName.
	InName map[string]InName
	Among  int
	Locked []string
}

// AccountState is an account as it is. Grants maps a scope ("" or a
// pattern of schemas) to its privileges; Tables are the scopes of privileges
// below a schema.
type AccountState struct {
	Identity
	Plugin string
	Locked bool
	// Second says that another password lets in, too.
	Second bool
	// Demands is what the account must show beyond encryption, such as a certificate
	// of its own; Limits is what else keeps it out at times; both in words, "" for nothing.
	Demands, Limits string
	// Expires is when the password expires by its age, in words, "" for never.
	Expires string
	// Roles are the roles that it has. A role has no host where the engine knows none.
	Roles  []Identity
	Grants map[string][]string
	// Tables holds schema and table with a NUL between them.
	Tables []string
}

// Connection is a replica's connection to its source.
type Connection struct {
	Name, Host, User, CA string
	Port                 int
	// Position says that it follows by global transaction identifiers.
	Position    bool
	TLS, Verify bool
	// Reading and Applying are the states of the two threads: Yes, No, Connecting, Preparing.
	Reading, Applying string
	ReadErrno         int
	ReadError         string
	ApplyErrno        int
	ApplyError        string
	// Behind is the lag in seconds, -1 when the server cannot tell, Delay what it is to be
	// behind.
	Behind, Delay int
	// Filters are what the replica leaves out of databases of users; "" for nothing.
	Filters string
	// PasswordSum is the SHA-256 of the password it logs in with, as a line, in hex; ""
	// when that could not be seen.
	PasswordSum string
}

// UserSchemas are the databases that are not the system's, sorted; "test" is one where it
// holds something.
func (s State) UserSchemas() []string {
	return slices.DeleteFunc(sortedKeys(s.Schemas), func(name string) bool {
		return slices.Contains([]string{"mysql", "sys", "performance_schema", "information_schema"}, name) || name == "test" && s.TestTables == 0
	})
}

// Positions is how an engine writes down which transactions a server
// has. Positions are text as the server gives it; the error of each method is
// about text that is no position.
type Positions interface {
	// Covers reports whether a server at position a has everything up to b.
	Covers(a, b string) (bool, error)
	// Known is the position of all that a server received, applied or not.
	Known(current, received string) (string, error)
	// Errant are the transactions in a server's log that another server never
	// had, as people read them; theirs is the other's log, applied its position
	// as a replica. The other must have been asked after the first.
	Errant(log, theirs, applied string) ([]string, error)
	// Own are the transactions in a log that the server of that ID wrote itself.
	Own(log, id string) []string
	// Foreign reports whether all that the server holds came from another one by
	// replication or as a copy.
	Foreign(s State) bool
}

// MostTransactions bounds a position: they are compared with one another.
const MostTransactions = 10_000
