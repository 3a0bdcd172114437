package resource

// Behind wraps r so that it is looked at again after first, which belongs to an
// earlier stage, has changed: a package's script may give files that are not its
// own another owner. Where first does not change, nothing is different.
func Behind(first ID, r Resource) Resource { return behind{r, first} }

type behind struct {
	Resource
	first ID
}

func (b behind) Stage() Stage { return Converge }

func (b behind) Diff(o Observed) (Change, error) {
	c, err := b.Resource.Diff(o)
	if err != nil || !c.Empty() || !o.Changes(b.first) {
		return c, err
	}
	return Change{Action: Update, Provisional: true, Reason: string(b.first) + " is changed before, and may change this too",
		Fields: []Field{{Name: "state", Old: "correct", New: "checked again during the run"}}}, nil
}

// Needs is the resource it follows.
func (b behind) Needs() []ID { return []ID{b.first} }

func (b behind) Unwrap() Resource { return b.Resource }
