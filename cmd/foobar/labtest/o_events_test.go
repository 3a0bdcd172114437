//go:build lab

package labtest

import (
	"testing"
	"time"
)

// events makes one that writes each second, in root's name, and one that is disabled.
// The return takes them away.
func (s *scene) events(t *testing.T, primary string) (end func(primary string)) {
	t.Helper()
	for _, host := range s.servers {
		s.ask(t, host, "SET GLOBAL event_scheduler=ON")
	}
	s.ask(t, primary, "CREATE TABLE foobar.ticks (id INT AUTO_INCREMENT PRIMARY KEY, who BIGINT);"+
		" CREATE EVENT foobar.tick ON SCHEDULE EVERY 1 SECOND DO INSERT INTO foobar.ticks (who) VALUES (@@server_id);"+
		" CREATE EVENT foobar.paused ON SCHEDULE EVERY 1 SECOND DISABLE DO INSERT INTO foobar.ticks (who) VALUES (-1)")
	s.level(t, primary)
	return func(primary string) {
		t.Helper()
		s.ask(t, primary, "DROP EVENT foobar.tick; DROP EVENT foobar.paused; DROP TABLE foobar.ticks")
		if s.engine == "mariadb" { // where it is off by itself
			for _, host := range s.servers {
				s.ask(t, host, "SET GLOBAL event_scheduler=OFF")
			}
		}
	}
}

// eventsRun asserts that the primary alone runs the one, and nobody the other.
func (s *scene) eventsRun(t *testing.T, primary string) {
	t.Helper()
	s.level(t, primary)
	for _, host := range s.servers {
		want := "paused DISABLED\ntick SLAVESIDE_DISABLED"
		if host == primary {
			want = "paused DISABLED\ntick ENABLED"
		}
		if got := s.ask(t, host, "SELECT CONCAT(EVENT_NAME, ' ', REPLACE(STATUS, 'REPLICA_SIDE', 'SLAVESIDE')) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = 'foobar' AND EVENT_NAME IN ('paused', 'tick') ORDER BY 1"); got != want {
			t.Errorf("%s has the events %q, not %q", host, got, want)
		}
	}
	s.ask(t, primary, "SET GLOBAL event_scheduler=ON") // a server that was restarted has it off
	last := s.ask(t, primary, "SELECT MAX(id) FROM foobar.ticks")
	eventually(t, 20*time.Second, "event on "+primary, func() bool {
		return s.ask(t, primary, "SELECT COUNT(*) > 0 FROM foobar.ticks WHERE who = @@server_id AND id > "+last) == "1"
	})
	if got := s.ask(t, primary, "SELECT COUNT(*) FROM foobar.ticks WHERE who = -1"); got != "0" {
		t.Errorf("an event that was disabled ran %s times", got)
	}
}
