package resource

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"foobar/internal/sh"
)

// databaseSeedMark lies in a server's data directory while a copy of another
// server's data lands in it. A server with the mark holds nothing of worth: it
// is copied again from the beginning.
const databaseSeedMark = "/var/lib/mysql/foobar-seed"

// databaseSeedDir holds what a copy needs and nobody else may read; it is in
// memory, and goes with the copy.
const databaseSeedDir = "/run/foobar/seed"

// databaseSeedMost bounds how long a copy may take.
const databaseSeedMost = 24 * time.Hour

// DatabaseCopier is the part of a flavour that fills a replica with a copy of
// its source's data while the source serves. The copy is pulled by the replica,
// over the port and the encryption that replication uses.
type DatabaseCopier interface {
	// SourceLogin is an option file for the flavour's programs, with which they
	// reach the source.
	SourceLogin(s DatabaseSource) string
	// Compare is shell that prints what ReadCompared understands: what the
	// source and this server hold. It reads the option file at login.
	Compare(login string) string
	ReadCompared(output []byte) (DatabaseCompared, error)
	// Copy is shell that replaces this server's data and accounts by the
	// source's as of one position, and attaches it there with the statements in
	// the file attach. A mark lies at mark until everything but the attaching
	// is done. The last lines of it are await. Name is how people call the source.
	Copy(c DatabaseCopy) string
}

// DatabaseCopy is where a copy finds what it needs.
type DatabaseCopy struct {
	// Name is how people call the source.
	Name string
	// Dir is a folder of the copy's own; in it Login is the option file and
	// Attach the file of statements that attach the replica.
	Dir, Login, Attach string
	// Mark is the path of the mark.
	Mark string
	// Size is about how much is to come, in bytes.
	Size int64
}

// DatabaseCompared is a source and a server beside it, before a copy.
type DatabaseCompared struct {
	// SourceLog and Log are the last transaction of every writer that the logs
	// have seen: "DOMAIN-SERVER-SEQUENCE,…".
	SourceLog, Log string
	// SourceSchemas and Schemas are the databases that are not the system's.
	SourceSchemas, Schemas []string
	// Unsafe are the source's tables whose engine cannot show one moment while
	// others write, with the engine.
	Unsafe []string
	// Size is about what the source's data takes; Room is what this server's
	// disk has for it once its own data is gone. Both are in bytes.
	Size, Room int64
}

// seed replaces what the server holds by a copy of the source. Careful is unset
// when what it holds is known to be nothing: then nothing is compared but sizes.
func (r DatabaseReplica) seed(source, data string, careful bool) Change {
	login := databaseSeedDir + "/source.cnf"
	attach := databaseSeedDir + "/attach.sql"
	from := DatabaseSource{Host: r.Host, Port: r.Port, User: r.CopyUser, Password: r.CopyPassword(), CA: r.CA}
	to := DatabaseSource{Host: r.Host, Port: r.Port, User: r.User, Password: r.Password(), CA: r.CA}
	access := databaseSeedFile("log in to "+r.Name+" for a copy", login, r.Flavour.SourceLogin(from))
	fields := []Field{{Name: "data", Old: data, New: "a copy of " + r.Name}}
	if source != r.Host {
		fields = append([]Field{{Name: "source", Old: orNone(source), New: r.Host}}, fields...)
	}
	return Change{Action: Act,
		Fields: fields,
		Steps: []Step{access, Exchange{
			Title:  "compare with " + r.Name,
			Script: "trap 'rm -rf -- " + databaseSeedDir + "' EXIT\n" + r.Flavour.Compare(login),
			Reply: func(output []byte) ([]Step, error) {
				c, err := r.Flavour.ReadCompared(output)
				if err != nil {
					return nil, err
				}
				if err := c.refuse(r.Name, careful); err != nil {
					return nil, err
				}
				guard := ""
				if data == seedEmpty {
					guard = databaseStillEmpty(r.Flavour)
				}
				return []Step{access,
					databaseSeedFile("log in to "+r.Name+" for replication", attach, "SET SESSION sql_mode='', sql_log_bin=0;\n"+r.Flavour.Attach(to, false)),
					Run{Title: "copy the data of " + r.Name, Detached: true, Timeout: databaseSeedMost,
						Script: guard + r.Flavour.Copy(DatabaseCopy{Name: r.Name, Dir: databaseSeedDir, Login: login, Attach: attach, Mark: databaseSeedMark, Size: c.Size}) + r.await()},
				}, nil
			}}}}
}

// What a person reads of the data that a copy replaces.
const (
	seedEmpty  = "none"
	seedHalf   = "a copy that was cut off"
	seedBehind = "too old: what comes next is purged"
)

// databaseSeedFile is a step that writes a file only root reads.
func databaseSeedFile(title, path, content string) Run {
	return Run{Title: title, Input: []byte(content), Script: "umask 077\nmkdir -p -m 0755 /run/foobar\nmkdir -p " + databaseSeedDir + "\ncat >" + sh.Quote(path)}
}

// refuse says why a copy must not be made.
func (c DatabaseCompared) refuse(source string, careful bool) error {
	if careful {
		if own := errantTransactions(c.Log, c.SourceLog); len(own) > 0 {
			return fmt.Errorf("it has transactions that %s lacks: %s; nothing was overwritten: %s", source, strings.Join(own, ", "), seedConsent)
		}
		if own := lacking(c.Schemas, c.SourceSchemas); len(own) > 0 {
			return fmt.Errorf("it has databases that %s lacks: %s; nothing was overwritten: %s", source, strings.Join(own, ", "), seedConsent)
		}
	}
	if len(c.Unsafe) > 0 {
		return fmt.Errorf("%s cannot be copied while it serves, because these tables do not show one moment: %s; "+
			"change them with ALTER TABLE … ENGINE=InnoDB", source, strings.Join(c.Unsafe, ", "))
	}
	if c.Room > 0 && c.Size > c.Room {
		return fmt.Errorf("the data of %s takes about %d MiB, and /var/lib/mysql has room for %d MiB", source, c.Size>>20, c.Room>>20)
	}
	return nil
}

// seedConsent is what a person may do where data would be lost.
const seedConsent = "save what is needed; to give the server's data up, run there: touch " + databaseSeedMark + ", and deploy again"

// errantTransactions are the last transactions of writers, in mine, that theirs
// has not seen or not seen so late. Both are lists as DatabaseCompared holds them.
func errantTransactions(mine, theirs string) []string {
	seen := map[string]uint64{}
	for _, p := range strings.Split(theirs, ",") {
		if writer, n, ok := transaction(p); ok {
			seen[writer] = max(seen[writer], n)
		}
	}
	var errant []string
	for _, p := range strings.Split(mine, ",") {
		if p = strings.TrimSpace(p); p == "" {
			continue
		}
		writer, n, ok := transaction(p)
		last, known := seen[writer]
		// What cannot be read is not known to be elsewhere either.
		if !ok || !known || last < n {
			errant = append(errant, p)
		}
	}
	slices.Sort(errant)
	return errant
}

// transaction splits "DOMAIN-SERVER-SEQUENCE" before its sequence number.
func transaction(p string) (writer string, sequence uint64, ok bool) {
	p = strings.TrimSpace(p)
	i := strings.LastIndexByte(p, '-')
	if i < 0 || strings.Count(p, "-") != 2 {
		return "", 0, false
	}
	n, err := strconv.ParseUint(p[i+1:], 10, 64)
	return p[:i], n, err == nil
}

// writtenBy are the transactions in a list that a server wrote itself.
func writtenBy(log, id string) []string {
	var own []string
	for _, p := range strings.Split(log, ",") {
		if f := strings.Split(strings.TrimSpace(p), "-"); len(f) == 3 && f[1] == id {
			own = append(own, strings.TrimSpace(p))
		}
	}
	return own
}
