package action

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/event"
)

// Show prints a saved plan.
type Show struct {
	Console Console
	// File is the plan, as foobar plan saved it.
	File string
	// To makes the display that shows it.
	To func() event.Sink
}

// Run reads the plan and shows it as foobar plan did; of the hosts, and of whether the
// plan still fits them, it knows nothing.
func (v *Show) Run() error {
	saved, err := readSaved(v.File)
	if err != nil {
		return err
	}
	if saved == nil {
		return Usage(errors.New("name the file of a saved plan"))
	}
	stream := event.NewStream(time.Now, v.To())
	started := event.RunStarted{Verb: "plan", Inventory: saved.Inventory}
	for _, h := range saved.Hosts {
		if h.Beside {
			started.Beside = h.Host
		} else {
			started.Hosts = append(started.Hosts, h.Host)
		}
	}
	stream.Emit(started)
	plan := engine.Plan{Hosts: saved.Hosts}
	for _, h := range saved.Hosts {
		stream.Emit(event.HostPlanned{Host: h.Host, Changes: h.Changes, Refused: h.Refused, Held: h.Held})
	}
	stream.Emit(event.Planned{})
	note := ask.Safe(v.Console.Err)
	limited := ""
	if len(saved.Limit) > 0 {
		limited += ", for " + strings.Join(saved.Limit, ", ")
	}
	if len(saved.Roles) > 0 {
		limited += ", of " + strings.Join(saved.Roles, ", ")
	}
	if plan.Changes() == 0 {
		fmt.Fprintln(note, "no differences")
	}
	fmt.Fprintf(note, "saved from %s%s\n", saved.Inventory, limited)
	if digest, err := digestOf(saved.Inventory); err != nil || digest != saved.Digest {
		fmt.Fprintln(note, "warning: the inventory has changed since, so this plan will be refused; make a new one with foobar plan --out")
	}
	return nil
}
