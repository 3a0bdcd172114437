package action

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"foobar/internal/ask/asktest"
	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/facts"
	"foobar/internal/play"
	"foobar/internal/remote/sshtest"
	"foobar/internal/resource"
	"foobar/inventory"
)

// convergedTrips is how often a deploy that finds nothing to do waits for a host:
//
//	1  versions of SSH and lists of algorithms
//	2  keys of the session
//	3  the service of logging in
//	4  what the host accepts there
//	5  whether it knows the key
//	6  the signature
//	7  a channel
//	8  the root shell
//	9  the lock, the facts and all resources, in one script
//
// The first eight are also those of ssh. Beside them is the one of TCP.
const convergedTrips = 9

// TestTripsOfAConvergedDeploy: a deploy that finds nothing to do waits for a host no more
// often than that. Over a long way this alone is what it costs.
func TestTripsOfAConvergedDeploy(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{Distance: 40 * time.Millisecond, Session: speaks})
	inv, err := inventory.Load(sshtest.Site(t, s, nil))
	if err != nil {
		t.Fatal(err)
	}
	inv.Hosts = inv.Hosts[:1] // nobody listens at the other
	var known map[string]facts.Facts
	deploy := func() (trips int) {
		var problems []string
		e := &engine.Engine{Dial: (&dialer{common: &Common{}}).dial, Emit: func(e event.Event) {
			if d, ok := e.(event.HostDone); ok && d.Error != "" {
				problems = append(problems, d.Error)
			}
		}}
		s.Trips()
		r := e.Run(context.Background(), engine.Request{Verb: "deploy", Apply: true, Inventory: inv, Known: known,
			Learned: func(seen map[string]facts.Facts) { known = seen },
			Build: func(map[string]facts.Facts) (*play.Site, []play.Play, error) {
				return &play.Site{Inv: inv}, []play.Play{{Name: "one", Role: content{}, Hosts: inv.Hosts}}, nil
			}})
		if r.Exit != engine.ExitOK {
			t.Fatalf("exit %d, %v, %q", r.Exit, r.Err, problems)
		}
		return s.Trips()
	}
	if first := deploy(); first <= convergedTrips {
		t.Errorf("where nothing is known of the host, a deploy takes %d trips: the facts decide what is asked next", first)
	}
	least := deploy()
	for n := 0; n < 4 && least > convergedTrips; n++ {
		least = min(least, deploy())
	}
	if least != convergedTrips {
		t.Errorf("a deploy that finds nothing to do takes %d trips, not %d", least, convergedTrips)
	}
}

// content is a role whose resource is as it should be.
type content struct{}

func (content) Name() string { return "content" }

func (content) Resources(*play.Site, *inventory.Host) ([]resource.Resource, error) {
	return []resource.Resource{resource.Custom{Name: "custom:content", Ask: "true", In: resource.Converge,
		Compare: func(o resource.Observed) (resource.Change, error) {
			if o.State != resource.Present {
				return resource.Change{}, fmt.Errorf("it was not asked for: %s", o.Reason)
			}
			return resource.Change{}, nil
		}}}, nil
}

// speaks is a host's root shell that runs nothing and answers every script alike.
func speaks(command string, c ssh.Channel) bool {
	if !sshtest.Ready(command, c, "/run/foobar.x") {
		return false
	}
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		word := strings.Fields(line)
		if err != nil || len(word) < 3 {
			return true
		}
		size, err := strconv.Atoi(word[2])
		if err != nil {
			return true
		}
		held := ""
		if word[0] == "hold" {
			if _, err := in.ReadString('\n'); err != nil { // who holds the lock
				return true
			}
			held = "\n" + word[1] + " held\n"
		}
		script := make([]byte, size)
		if _, err := io.ReadFull(in, script); err != nil {
			return true
		}
		var said strings.Builder
		asktest.Play(string(script), []string{"tok begin facts", "os debian", "", "tok begin 0", "0\tstate\tpresent", "", "tok done"}, func(l string) { said.WriteString(l + "\n") })
		fmt.Fprintf(c, "\n%s begin\n%s%s\n%s 0\n", word[1], held, said.String(), word[1])
	}
}
