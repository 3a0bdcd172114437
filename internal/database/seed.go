package database

import (
	"cmp"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"foobar/internal/fault"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

// SeedMark lies in a server's data directory while a copy of another
// server's data lands in it. A server with the mark holds nothing of worth: it
// is copied again from the beginning.
const SeedMark = "/var/lib/mysql/foobar-seed"

// seedDir holds what a copy needs and nobody else may read; it is in
// memory, and goes with the copy.
const seedDir = "/run/foobar/seed"

// seedMost bounds how long a copy may take.
const seedMost = 24 * time.Hour

// Copy is where a copy finds what it needs.
type Copy struct {
	// Name is what people call the source.
	Name string
	// Dir is a folder of the copy's own; in it Login is the option file and
	// Attach the file of statements that attach the replica.
	Dir, Login, Attach string
	// Mark is the path of the mark.
	Mark string
	// SourceCA is a PEM certificate that vouches for the source and for no other
	// host, for programs that compare no names, and SourceCAPath where the server
	// can read it meanwhile.
	SourceCA     []byte
	SourceCAPath string
	// Size is about how much is to come, in bytes.
	Size int64
}

// wordShell refuses what a server says where it is to become part of a statement and
// holds other characters than these.
const wordShell = `word(){ case $2 in *[!$1]*) printf '%s\n' "a server says $(printf %s "$2" | tr -cd ' -~' | cut -c 1-60) where that cannot be; nothing is done with it"; exit 1 ;; esac; }
`

// Shell begins the script of a copy: the variables d, login, attach, mark, name and
// size (in MiB), and the functions server, which is the local client, set_mark and word.
func (c Copy) Shell(client string) string {
	return fmt.Sprintf("umask 077\nd=%s login=%s attach=%s mark=%s name=%s size=%d\n", sh.Quote(c.Dir), sh.Quote(c.Login), sh.Quote(c.Attach), sh.Quote(c.Mark), sh.Quote(c.Name), c.Size>>20) +
		"server(){ " + client + " \"$@\"; }\nset_mark(){ " + markShell(`"$mark"`, `"a copy of $name lands here"`) + "}\n" + wordShell
}

// Compared is a source and a server beside it, before a copy.
type Compared struct {
	// SourceLog and Log are what the logs have seen, as Errant takes it.
	SourceLog, Log string
	// SourceSchemas and Schemas are the databases that are not the system's.
	SourceSchemas, Schemas []string
	// Unsafe are the source's tables whose engine cannot show one moment while
	// others write, with the engine, and those that no dump has whole, with why.
	Unsafe []string
	// Size is about what the source's data takes; Room is what this server's
	// disk has for it once its own data is gone. Both are in bytes.
	Size, Room int64
}

// logins are what a replica needs to ask its source: the option file of the
// account that may read everything, and the statements that attach it.
func (r Replica) logins() (login, attach string, access, attaching resource.Step) {
	login, attach = seedDir+"/source.cnf", seedDir+"/attach.sql"
	from := Source{Host: r.Host, Port: r.Port, User: r.CopyUser, Password: r.CopyPassword(), CA: r.CA}
	to := Source{Host: r.Host, Port: r.Port, User: r.User, Password: r.Password(), CA: r.CA}
	return login, attach, seedFile("log in to "+r.Name+" for a copy", login, r.Dialect.Login(from)),
		seedFile("log in to "+r.Name+" for replication", attach, "SET SESSION sql_mode='', sql_log_bin=0;\n"+r.Dialect.Attach(to, false))
}

// compared asks the source and this server what they hold, and goes on with
// what then makes of the answer.
func (r Replica) compared(then func(Compared) ([]resource.Step, error)) []resource.Step {
	login, _, access, _ := r.logins()
	return []resource.Step{access, resource.Exchange{
		Title:  "compare with " + r.Name,
		Script: "trap 'rm -rf -- " + seedDir + "' EXIT\n" + r.Dialect.Compare(login),
		Reply: func(output []byte) ([]resource.Step, error) {
			c, err := readCompared(output)
			if err != nil {
				return nil, err
			}
			return then(c)
		}}}
}

// seed replaces what the server holds by a copy of the source. Careful is unset
// when what it holds is known to be nothing: then nothing is compared but sizes.
func (r Replica) seed(source, data string, careful bool) resource.Change {
	login, attach, access, attaching := r.logins()
	fields := []resource.Field{{Name: "data", Old: data, New: "a copy of " + r.Name}}
	if source != r.Host {
		fields = append([]resource.Field{{Name: "source", Old: cmp.Or(source, "none"), New: r.Host}}, fields...)
	}
	return resource.Change{Action: resource.Act, Fields: fields, Steps: r.compared(func(c Compared) ([]resource.Step, error) {
		if err := c.refuse(r.Dialect, r.Name, careful); err != nil {
			return nil, err
		}
		vouches, err := r.SourceCA()
		if err != nil {
			return nil, err
		}
		guard := ""
		if data == seedEmpty {
			guard = stillEmpty(r.Dialect)
		}
		return []resource.Step{access, attaching,
			resource.Run{Title: "copy the data of " + r.Name, Detached: true, Timeout: seedMost,
				Script: guard + r.Dialect.Copy(Copy{Name: r.Name, Dir: seedDir, Login: login, Attach: attach, Mark: SeedMark, Size: c.Size,
					SourceCA: vouches, SourceCAPath: path.Dir(r.CA) + "/source.crt"}) + r.await()},
		}, nil
	})}
}

// attachAgain attaches a server whose data came from a source, after a look at
// whether the source has all of it.
func (r Replica) attachAgain() resource.Change {
	c := r.change(nil, "", "", false)
	attach := c.Steps
	c.Steps = r.compared(func(c Compared) ([]resource.Step, error) {
		return attach, c.errant(r.Dialect, r.Name, true)
	})
	return c
}

// What a person reads of the data that a copy replaces.
const (
	seedEmpty  = "none"
	seedHalf   = "a copy that was cut off"
	seedBehind = "too old: what comes next is purged"
)

// seedFile is a step that writes a file only root reads.
func seedFile(title, path, content string) resource.Run {
	return resource.Run{Title: title, Input: []byte(content), Script: "foobar_dir 0700 root:root /run/foobar\nfoobar_dir 0700 root:root " + seedDir + "\nfoobar_put 0600 root:root " + sh.Quote(path)}
}

// refuse says why a copy must not be made.
func (c Compared) refuse(f Dialect, source string, careful bool) error {
	if err := c.errant(f, source, careful); err != nil {
		return err
	}
	if len(c.Unsafe) > 0 {
		return fault.Wrap(fault.UnsafeTables, fmt.Errorf("%s cannot be copied while it serves, because a copy of these tables would not be consistent, or not whole: %s; "+
			"change them with ALTER TABLE … ENGINE=InnoDB; where history is kept by transactions, with ALTER TABLE … DROP SYSTEM VERSIONING, or have it kept by TIMESTAMP(6) columns", source, strings.Join(c.Unsafe, ", ")))
	}
	if c.Room > 0 && c.Size > c.Room {
		return fault.Wrap(fault.NoRoomForCopy, fmt.Errorf("the data of %s takes about %d MiB, and /var/lib/mysql has room for %d MiB", source, c.Size>>20, c.Room>>20))
	}
	return nil
}

// errant says what the server holds that the source lacks.
func (c Compared) errant(f Dialect, source string, careful bool) error {
	if careful {
		own, err := f.Errant(c.Log, c.SourceLog, "")
		if err != nil {
			return err
		}
		if len(own) > 0 {
			return fault.Wrap(fault.Errants, fmt.Errorf("it has transactions that %s lacks: %s; nothing was overwritten: %s", source, strings.Join(own, ", "), seedConsent))
		}
		if own := lacking(c.Schemas, c.SourceSchemas); len(own) > 0 {
			return fault.Wrap(fault.ForeignData, fmt.Errorf("it has databases that %s lacks: %s; nothing was overwritten: %s", source, strings.Join(own, ", "), seedConsent))
		}
	}
	return nil
}

// readCompared reads the answer to Compare.
func readCompared(output []byte) (Compared, error) {
	var c Compared
	seen := map[string]bool{}
	for _, line := range strings.Split(string(output), "\n") {
		key, value, _ := strings.Cut(line, " ")
		var err error
		switch key {
		case "source-log":
			c.SourceLog = value
		case "log":
			c.Log = value
		case "source-schema", "schema", "unsafe":
			list := map[string]*[]string{"source-schema": &c.SourceSchemas, "schema": &c.Schemas, "unsafe": &c.Unsafe}[key]
			if value != "" {
				*list = append(*list, value)
			}
		case "size":
			c.Size, err = strconv.ParseInt(value, 10, 64)
		case "room":
			c.Room, err = strconv.ParseInt(value, 10, 64)
			c.Room <<= 10
		}
		if err != nil {
			return c, fmt.Errorf("the comparison with the source says %q: %w", line, err)
		}
		seen[key] = true
	}
	for _, key := range []string{"source-log", "log", "source-schema", "schema", "unsafe", "size", "room"} {
		if !seen[key] {
			return c, fmt.Errorf("the comparison with the source does not say %q", key)
		}
	}
	return c, nil
}

// seedConsent is what a person may do where data would be lost.
const seedConsent = "save what is needed; to give the server's data up: foobar db rejoin INVENTORY HOST --discard"

// roomShell is shell that prints what the disk has for data, in KiB, once the
// server's own is gone.
const roomShell = `free=$(df -Pk /var/lib/mysql | sed -n '2s/ *[^ ]* *[^ ]* *[^ ]* *\([0-9]*\).*/\1/p')
own=$(du -sk --exclude='binlog.*' --exclude='relay*' /var/lib/mysql | cut -f 1)
echo "room $((free + own))"
`

// CompareShell is the shell of Dialect.Compare for two clients, there and here: both
// servers are asked alike. Log is a statement for what a server's log has seen; unsafe,
// after "ENGINE", narrows the tables to those of no use, and more is a statement for others.
func CompareShell(there, here, log, unsafe, more string) string {
	ask := func(key, client, statement string) string {
		return fmt.Sprintf("out=$(%s -B -N -r -e %s </dev/null)\nprintf '%%s\\n' \"$out\" | sed 's/^/%s /'\n", client, sh.Quote(statement), key)
	}
	const schemas = "SELECT SCHEMA_NAME" + ofUsers
	const tables = " FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN " + SystemSchemas
	return ask("source-log", there, log) + ask("log", here, log) + ask("source-schema", there, schemas) + ask("schema", here, schemas) +
		ask("unsafe", there, "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME, ' (', ENGINE, ')')"+tables+" AND ENGINE "+unsafe+more) +
		ask("size", there, "SELECT COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0)"+tables) + roomShell
}
