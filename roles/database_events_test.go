package roles

import (
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/facts"
)

// TestDatabaseEvents: what is disabled says the primary or, where it was a replica, a server
// that knows; what one of the others says counts for nothing else.
func TestDatabaseEvents(t *testing.T) {
	s := databaseSite(t)
	s.Facts["web1"] = facts.Facts{Database: facts.Database{Running: true, Data: true, Schemas: 1, EventsOff: []string{"A.1"}, EventsWait: []string{"A.2", "A.3"}}}
	s.Facts["web2"] = facts.Facts{Database: facts.Database{Running: true, ReadOnly: true, Source: "10.77.0.11", EventsOff: []string{"A.2", "A.4"}, EventsWait: []string{"A.1"}}}
	s.Facts["web3"] = facts.Facts{Database: facts.Database{Running: true, ReadOnly: true, Source: "10.77.0.11", EventsOff: []string{"A.1", "A.2"}}}
	for host, replica := range map[string]bool{"web1": false, "web2": true} {
		var e database.Events
		if replica {
			e = databaseWanted(t, DatabaseReplica{}, s, host)["database-events:running"].(database.Events)
		} else {
			e = databaseWanted(t, DatabasePrimary{}, s, host)["database-events:running"].(database.Events)
		}
		if strings.Join(e.Off, " ") != "A.1 A.2" || e.Replica != replica || e.Known != replica {
			t.Errorf("%s: %+v", host, e)
		}
	}
	for range 10000 {
		f := s.Facts["web3"]
		f.Database.EventsWait = append(f.Database.EventsWait, "A.9")
		s.Facts["web3"] = f
	}
	if e := databaseWanted(t, DatabaseReplica{}, s, "web2")["database-events:running"].(database.Events); !e.Known {
		t.Error("where very many events wait on a replica, one that runs there is not seen")
	}
	f := s.Facts["web3"]
	f.Database.EventsOff, f.Database.EventsWait = f.Database.EventsWait, nil
	s.Facts["web3"] = f
	_, wakes := databaseWanted(t, DatabasePrimary{}, s, "web1")["database-events:running"]
	if e := databaseWanted(t, DatabaseReplica{}, s, "web2")["database-events:running"].(database.Events); e.Known || wakes {
		t.Error("of more events than are asked for some are enabled or disabled")
	}
	s.Facts["web3"] = facts.Facts{}
	s.Facts["web1"] = facts.Facts{}
	if e := databaseWanted(t, DatabaseReplica{}, s, "web2")["database-events:running"].(database.Events); e.Known {
		t.Error("a primary that does not answer tells of its events")
	}
}
