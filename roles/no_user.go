package roles

import (
	"fmt"

	"foobar/internal/resource"
	"foobar/internal/sh"
)

// NoUser wants an account and its group gone. Files that belonged to it stay, with its
// number.
type NoUser struct{ Name string }

// ID is that of the User.
func (u NoUser) ID() resource.ID { return resource.NewID("user", u.Name) }

// Probe asks for the account.
func (u NoUser) Probe() resource.Probe { return resource.User{Name: u.Name}.Probe() }

// Diff removes the account. One with the number of root is somebody's trap.
func (u NoUser) Diff(o resource.Observed) (resource.Change, error) {
	switch {
	case o.State == resource.Unknown:
		return resource.Unseen(o), nil
	case o.State == resource.Absent:
		return resource.Change{}, nil
	case o.Get("uid") == "0":
		return resource.Change{}, fmt.Errorf("the account %s has the number of root, and is not removed; look at it by hand", u.Name)
	}
	n := sh.Quote(u.Name)
	return resource.Change{Action: resource.Remove, Fields: []resource.Field{{Name: "account", Old: u.Name}},
		Steps: []resource.Step{resource.Run{Title: "remove the account " + u.Name, Script: "userdel -- " + n + " 2>&1\n! getent group " + n + " >/dev/null || groupdel -- " + n + "\n"}}}, nil
}
