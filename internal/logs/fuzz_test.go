package logs

import (
	"io"
	"strings"
	"testing"
	"time"

	"foobar/internal/ask/asktest"
	"foobar/internal/play"
)

// FuzzLogs: whatever a host gives as its logs, it can be shown, to people and to
// programs.
func FuzzLogs(f *testing.F) {
	f.Add("tok begin zone\n+0200\ntok begin 0\n{\"__REALTIME_TIMESTAMP\":\"1767225600000000\",\"PRIORITY\":\"3\",\"MESSAGE\":[27,91,51,49,109]}\ntok begin 1\n2026-01-31T11:00:02Z third\n  at line 7")
	f.Add("tok begin 2\n2026/01/31 12:00:00 [error] text\ntok begin 3\n{\"ts\":1e300,\"uri\":\"\\u202e\"}\ntok begin 0\n{\"__REALTIME_TIMESTAMP\":\"9223372036854775807\"}")
	f.Add("tok begin 1\n9999-12-31T23:59:59-23:59 x\ntok begin 3\n{\"msec\":1767225600.5,\"method\":\"GET\",\"status\":200}")
	sources := []source{{service: play.Service{Name: "app"}}}
	for _, format := range []play.Format{play.Stamped, play.NginxErrors, play.Requests} {
		sources = append(sources, source{play.Service{Name: "x"}, &play.File{Format: format}})
	}
	f.Fuzz(func(t *testing.T, text string) {
		a := &Answer{host: "web1", sources: sources, zone: time.UTC}
		a.Read(asktest.Answer(strings.Split(text, "\n")...))
		var out strings.Builder
		if err := (Query{Lines: 100}).Show([]*Answer{a}, false, &out, io.Discard); err != nil {
			t.Fatal(err)
		}
		asktest.Shown(t, out.String())
		asktest.Shown(t, a.complaint)
		asktest.Document(t, a.entries)
	})
}
