package resource

import (
	"fmt"

	"foobar/internal/sh"
)

// NoUser wants an account and its group gone. Files that belonged to it stay, with its
// number.
type NoUser struct{ Name string }

// ID is that of the User.
func (u NoUser) ID() ID { return NewID("user", u.Name) }

// Probe asks for the account.
func (u NoUser) Probe() Probe { return User{Name: u.Name}.Probe() }

// Diff removes the account. One with the number of root is somebody's trap.
func (u NoUser) Diff(o Observed) (Change, error) {
	switch {
	case o.State == Unknown:
		return Unseen(o), nil
	case o.State == Absent:
		return Change{}, nil
	case o.Get("uid") == "0":
		return Change{}, fmt.Errorf("the account %s has the number of root, and is not removed; look at it by hand", u.Name)
	}
	n := sh.Quote(u.Name)
	return Change{Action: Remove, Fields: []Field{{Name: "account", Old: u.Name}},
		Steps: []Step{Run{Title: "remove the account " + u.Name, Script: "userdel -- " + n + " 2>&1\n! getent group " + n + " >/dev/null || groupdel -- " + n + "\n"}}}, nil
}
