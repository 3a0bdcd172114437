package play

// Events is a folder with an empty file for each kind of event of a host, which was changed
// last when the event happened last: the name of a verb, where it is two words with a dash
// between them; RenewalEvent when certbot has got another certificate; BackupEvent when a
// backup was made and checked.
const (
	Events       = "/var/lib/foobar-events"
	RenewalEvent = "renewal"
	BackupEvent  = "backup"
)
