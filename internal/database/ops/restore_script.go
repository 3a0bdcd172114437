package ops

import (
	"context"
	"crypto/rand"
	_ "embed" // scripts
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/database"
	"foobar/internal/fault"
	"foobar/internal/sh"
)

const restoreUnit = "foobar-restore.service"

// mark is what the second line of database.RestoreMark says, in JSON. State is "loading" or "loaded".
type mark struct {
	Backup string    `json:"backup"`
	SHA256 string    `json:"sha256"`
	State  string    `json:"state"`
	Began  time.Time `json:"began"`
}

// half says that the primary's data is that of a restore that has not ended.
func (m mark) half() bool { return m.State != "" }

// restoreSeen is the primary before a restore.
type restoreSeen struct {
	mark    mark
	running bool // the unit that loads
	filled  bool // a table of users has a row, or may have
	// unread is why it cannot be said whether there are rows; "" when it can.
	unread string
	zstd   bool
}

// loaded says that only the proof and the opening are missing.
func (r restoreSeen) loaded(b Backup) bool {
	return r.mark.State == "loaded" && r.mark.Backup == b.Name() && r.mark.SHA256 == b.SHA256
}

// restoreDir is where a backup from elsewhere lies on the primary meanwhile.
func (s *Site) restoreDir() string { return s.Inv.DB.Backup.Path + "/.restore" }

var (
	//go:embed prelude.sh
	prelude string
	//go:embed restore_look.sh
	lookText string
	//go:embed restore_load.sh
	loadText string
	//go:embed restore_load_accounts.sh
	accountsText string
)

// functions is bash with the dialect's functions and what they need.
func (s *Site) functions() string {
	return sh.Set("scratch", database.Scratch) + prelude + string(s.Dialect.Words().Backups)
}

// bash runs a script with the functions; the root shell may be another.
func (s *Site) bash(ctx context.Context, n *Node, script string, most time.Duration) (string, error) {
	end := ask.Token()
	return s.script(ctx, n, fmt.Sprintf("/bin/bash -s <<'%[1]s'\n%[2]s%[3]s\n%[1]s\n", end, s.functions(), script), most)
}

// restoreLook changes nothing.
func (s *Site) restoreLook(ctx context.Context, n *Node) (restoreSeen, error) {
	var seen restoreSeen
	out, err := s.bash(ctx, n, sh.Set("mark", database.RestoreMark, "unit", restoreUnit)+lookText, time.Hour)
	if err != nil {
		return seen, fmt.Errorf("%s: %w", n.Name(), err)
	}
	ended := false
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch key {
		case "mark":
			if err := json.Unmarshal([]byte(value), &seen.mark); err != nil || !backupFile.MatchString(seen.mark.Backup+backupEnding) {
				return seen, refuse(fault.RestoreHalf, "look at it there", "%s has a mark %s that cannot be read", n.Name(), database.RestoreMark)
			}
		case "running":
			seen.running = true
		case "zstd":
			seen.zstd = true
		case "filled":
			seen.filled = seen.filled || value != ""
		case "unread":
			seen.filled, seen.unread = true, clean(value)
		case "end":
			ended = true
		}
	}
	if !ended {
		return seen, fault.Wrap(fault.AnswerCut, fmt.Errorf("%s: the answer was cut off before its end", n.Name()))
	}
	return seen, nil
}

// roomFor refuses a restore for which a disk is too small: every server writes the
// data and its log of it, a replica also what it receives.
func (s *Site) roomFor(ctx context.Context, t *Topology, primary *Node, b Backup) error {
	need := b.DataSize + b.DataSize/4 + 2*b.SQLSize
	for _, n := range t.Nodes {
		if n != primary && !n.Following() {
			s.tell(n, "does not follow %s and gets nothing of the restore: %s", primary.Name(), n.stands())
			continue
		}
		// bash would run commands that stand in what it takes for a number.
		out, err := s.bash(ctx, n, `data=$(size_sql | "${client[@]}" -B -N -r)
[[ $data =~ ^[0-9]+$ ]] || { echo "the database server names no size of its data"; exit 1; }
echo "$(($(df -B1 --output=avail /var/lib/mysql | tail -n 1) + data))"`, stepMost)
		if err != nil {
			return fmt.Errorf("%s: %w", n.Name(), err)
		}
		room, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64)
		if err != nil {
			return fmt.Errorf("%s does not say how much room its disk has: %q", n.Name(), clean(out))
		}
		if room < need {
			return refuse(fault.NoRoomForCopy, "make room in /var/lib/mysql there", "%s has room for %s once its data is gone, and the restore needs about %s with its logs; nothing was changed",
				n.Name(), Bytes(room), Bytes(need))
		}
	}
	return nil
}

// canDrop refuses a restore that would end half way: at a database that the primary, or a
// server that follows it, cannot drop.
func (s *Site) canDrop(ctx context.Context, t *Topology, primary *Node) error {
	nodes := t.only(func(n *Node) bool { return n == primary || n.Following() })
	found, errs := make([]string, len(nodes)), make([]error, len(nodes))
	s.each(nodes, func(i int, n *Node) {
		found[i], errs[i] = s.bash(ctx, n, "strays >\"$work/strays\"; head -n 5 -- \"$work/strays\"", stepMost)
	})
	for i, n := range nodes {
		switch files := strings.Fields(found[i]); {
		case errs[i] != nil:
			return fmt.Errorf("%s: %w", n.Name(), errs[i])
		case len(files) > 0:
			return refuse(fault.WouldDestroy, "move them to another folder there", "%s has files beside its tables, with which its server could not drop their databases: %s; nothing was changed",
				n.Name(), clean(strings.Join(files, " ")))
		}
	}
	return nil
}

// loadScript runs in a unit of its own. Everything in it may be done again from
// its beginning. Events wait until all data is there; those that were disabled
// when the restore began stay so, the others were only disabled because the
// backup was made on a replica.
func (s *Site) loadScript(b Backup, path string) string {
	return s.functions() + sh.Set("mark", database.RestoreMark, "name", b.Name(), "sum", b.SHA256, "file", path, "keep", s.restoreDir(), "counted", b.CountsSHA256,
		"bytes", Bytes(b.SQLSize), "rows", strconv.FormatInt(b.Rows, 10), "tables", strconv.Itoa(b.Tables),
		"in_the_way", inTheWay(s.Dialect), "unknown", s.unknown(), "in_name", database.RunsAs("CONCAT(%s, '@', %s)"),
		"is_locked", "CONCAT(%s, '@', %s) IN (SELECT CONCAT(User, '@', Host) FROM "+s.Dialect.Words().Locked+")",
		"is_unused", "NOT EXISTS (SELECT 1 FROM mysql.roles_mapping WHERE Role = %s AND User <> 'root' AND %s = '')") + accountsText + loadText
}

// unknown is how an account is made whose password nobody knows.
func (s *Site) unknown() string {
	made := s.Dialect.PutAccount(database.Identity{User: "foobar", Host: "account", Hash: s.Dialect.Hash(rand.Text())}, false, "")
	_, how, _ := strings.Cut(strings.TrimSuffix(made, ";\n"), "'@'account' ")
	return how
}

// restoringMark lies on every database host while a restore is under way: what
// makes backups lets it be. It holds how the server is made as strict again as it was.
const restoringMark = "/run/foobar/restoring"

var (
	//go:embed restore_hush.sh
	hushText string
	//go:embed restore_unhush.sh
	unhushText string
)

// noted are the variables of both scripts.
func (s *Site) noted(n *Node) string {
	applies := ""
	if n.Following() && n.connection().Applying == "Yes" {
		applies = "yes"
	}
	return sh.Set("note", restoringMark, "unit", backupUnit, "applies", applies)
}

// hush keeps backups from being made of half of a restore, and refuses while one
// is being made. Servers then refuse no table that one of them has taken before.
func (s *Site) hush(ctx context.Context, t *Topology) error {
	nodes := t.only((*Node).Up)
	busy := make([]bool, len(nodes))
	errs := make([]error, len(nodes))
	s.each(nodes, func(i int, n *Node) {
		out, err := s.bash(ctx, n, s.noted(n)+hushText, stepMost)
		busy[i], errs[i] = out == "busy", err
	})
	for i, n := range nodes {
		err := errs[i]
		if err == nil && busy[i] {
			err = refuse(fault.RestoreHalf, "wait until it has ended, or end it: foobar exec "+s.Inv.Path+" -b -l "+n.Name()+" -- systemctl stop "+backupUnit, "a backup is being made on %s; nothing was changed", n.Name())
		}
		if err != nil {
			s.unhush(ctx, t)
			return err
		}
	}
	return nil
}

func (s *Site) unhush(ctx context.Context, t *Topology) {
	s.each(t.only((*Node).Up), func(_ int, n *Node) {
		if _, err := s.bash(ctx, n, s.noted(n)+unhushText, stepMost); err != nil {
			s.tell(n, "makes no backups until it is restarted, or %s is removed: %s", restoringMark, err)
		}
	})
}

// digest is one of all tables and their numbers of rows.
func (s *Site) digest(ctx context.Context, n *Node) (string, error) {
	out, err := s.bash(ctx, n, `counting_sql | "${client[@]}" -B -N -r >"$work/counting.sql"
"${client[@]}" -B -N -r <"$work/counting.sql" | sort | sha256sum | cut -c 1-64
`, unitMost)
	if out = strings.TrimSpace(out); err == nil && !sha256Form.MatchString(out) {
		err = fmt.Errorf("the answer is %q", clean(out))
	}
	if err != nil {
		return "", fmt.Errorf("count the rows on %s: %w", n.Name(), err)
	}
	return out, nil
}
