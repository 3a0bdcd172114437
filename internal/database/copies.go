package database

import (
	"slices"

	"foobar/internal/resource"
)

// Copies are the accounts of a replica. They come from its primary; what somebody did to
// them on the replica alone, in no log, is taken back there, and in no log either: a
// transaction of the replica's own would keep it from ever being the primary.
type Copies struct {
	// Strays are what is not wanted on the primary either.
	Strays Strays
	// Accounts are those that are wanted.
	Accounts []Account
	// Same says that the replica's accounts were the primary's, or that it is not
	// known: what is wrong with them is then mended on the primary.
	Same bool
	// Recorded says that the site's ledgers know what of others stood on the primary, and
	// so may have come from there; Fresh, that there was no server here before foobar.
	Recorded, Fresh bool
}

// ID is "database-accounts:copies".
func (Copies) ID() resource.ID { return resource.NewID("database-accounts", "copies") }

// Stage is Converge.
func (Copies) Stage() resource.Stage { return resource.Converge }

// Probe is that of Strays.
func (d Copies) Probe() resource.Probe { return d.Strays.Probe() }

// Found are the accounts of others. Those that the primary has, too, are its to keep or to
// drop.
func (d Copies) Found(o resource.Observed) ([]string, bool) {
	if o.State == resource.Absent && d.Fresh {
		return nil, true
	}
	keys, ok := d.Strays.Found(o)
	return slices.DeleteFunc(keys, func(key string) bool { return d.Same && d.Strays.strange(o, key) }), ok
}

// Unmanaged are those that stay, where the primary does not tell of them.
func (d Copies) Unmanaged(o resource.Observed) []string {
	if d.Same {
		return nil
	}
	return d.Strays.Unmanaged(o)
}

// Diff repairs what only the replica has. That may have been on its way from the primary
// when the plan was made, so it is looked at again in its turn, which comes after the
// primary's. A replica that does not follow yet gets its accounts by doing so.
func (d Copies) Diff(o resource.Observed) (resource.Change, error) {
	f := d.Strays.Dialect
	s, silent, err := read(f, o, resource.Change{})
	if s == nil || d.Same || s.HalfCopied {
		return silent, err
	}
	starts := o.Changes(unit(f)) || o.Changes(Replica{}.ID())
	if !starts && (len(s.Sources) != 1 || !near(s.Sources[0]) || s.Sources[0].Behind > LagNotice) {
		return resource.Change{}, nil
	}
	seen := o
	if !d.Recorded {
		seen = o.With(nil)
	}
	fields, sql := d.Strays.gone(seen, *s)
	for _, a := range d.Accounts {
		some, more := a.copied(*s)
		fields, sql = append(fields, some...), sql+more
	}
	if len(fields) == 0 {
		return resource.Change{}, nil
	}
	c := resource.Change{Action: resource.Update, Fields: fields, Reason: "accounts were changed only on this replica; deploy.keep can name those that should stay"}
	if o.Planning() {
		c.Provisional = true
		return c, nil
	}
	c.Steps = []resource.Step{aside(f, "repair the accounts of the replica", sql)}
	return c, nil
}

// copied are the statements that repair an account of a replica. One whose password is an
// earlier one of foobar's is about to get the new one from the primary.
func (a Account) copied(s State) (fields []resource.Field, sql string) {
	want := a.want()
	got, exists := s.Accounts[a.key()]
	add := func(name, old, new string) {
		fields = append(fields, resource.Field{Name: a.key() + ": " + name, Old: old, New: new})
	}
	if !exists {
		_, grants := a.grants(want, got)
		add("account", "", describeGrants(a.Grants))
		return fields, a.Dialect.PutAccount(want, false, "") + grants
	}
	if got.Hash != want.Hash && (a.Owner.derived(a.Dialect, got) || !a.made(got)) {
		return nil, ""
	}
	gaps := accountGaps(a.Dialect, want, got)
	if len(gaps) > 0 {
		sql = a.Dialect.PutAccount(want, true, "")
	}
	more, grants := a.grants(want, got)
	for _, f := range slices.Concat(gaps, more) {
		add(f.Name, f.Old, f.New)
	}
	return fields, sql + grants
}

// aside is a step whose statements stay out of the server's log. Where even administrators
// cannot write to a server that is read-only, they can for as long as it takes, and
// nobody else.
func aside(f Dialect, title, statements string) resource.Run {
	lift := f.Words().Lift
	if lift == "" {
		return run(f, title, "", statements, "", true)
	}
	shut := f.SetReadOnly(true)
	step := run(f, title, "", lift+statements+shut, "", true)
	step.Script = f.Words().Client + f.Words().Quiet + " -B -N || { r=$?; " + ask(f, "-B -N", shut) + "; exit $r; }\n"
	return step
}
