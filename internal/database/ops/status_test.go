package ops

import (
	"context"
	"slices"
	"strings"
	"testing"
)

func TestStatus(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(f *fleet)
		want  []string // parts of findings, in order; none when healthy
	}{
		"healthy":        {func(*fleet) {}, nil},
		"two open":       {func(f *fleet) { f.servers["web3"].readOnly, f.servers["web3"].source = false, "" }, []string{"web1, web3 all accept writes"}},
		"none open":      {func(f *fleet) { f.servers["web1"].readOnly = true }, []string{"no database server accepts writes"}},
		"primary lost":   {func(f *fleet) { f.servers["web1"].off = true }, []string{"no database server that answers accepts writes", "cannot be reached", "io Connecting", "io Connecting"}},
		"server down":    {func(f *fleet) { f.servers["web3"].silent = true }, []string{"does not answer"}},
		"stopped":        {func(f *fleet) { f.servers["web2"].stopped = true }, []string{"io No"}},
		"errant":         {func(f *fleet) { f.servers["web2"].log[2] = 6 }, []string{"web1 never got: up to 0-2-6"}},
		"not yet joined": {func(f *fleet) { f.servers["web2"].source = "" }, []string{"neither accepts writes nor replicates from web1"}},
		"same number":    {func(f *fleet) { f.servers["web3"].id = 2 }, []string{"has the same server_id as web2"}},
		"disk full":      {func(f *fleet) { f.servers["web3"].room = 1000 }, []string{"the disk of its data is full: 0 MiB"}},
		"purged":         {func(f *fleet) { f.servers["web3"].purged = true }, []string{"needs logs that web1 has purged"}},
		"astray":         {func(f *fleet) { f.servers["web2"].source = "10.0.0.3" }, []string{"replicates from web3, but web1 is the primary"}},
	} {
		f, s := newFleet(t)
		tc.spoil(f)
		st := s.Status(s.Look(context.Background(), false))
		if st.Healthy != (len(tc.want) == 0) || len(st.Findings) != len(tc.want) {
			t.Errorf("%s: healthy %v, %+v", name, st.Healthy, st.Findings)
			continue
		}
		for i, part := range tc.want {
			if !strings.Contains(st.Findings[i].Text, part) {
				t.Errorf("%s: finding %d is %q, not %q", name, i, st.Findings[i].Text, part)
			}
		}
		if off := slices.ContainsFunc([]string{"web1", "web2", "web3"}, func(n string) bool { return f.servers[n].off }); st.Unreachable() != off {
			t.Errorf("%s: unreachable is %v", name, st.Unreachable())
		}
	}
}

// TestLagIsFirstANotice: as in foobar status, a replica that is somewhat behind
// leaves a site healthy.
func TestLagIsFirstANotice(t *testing.T) {
	for lag, want := range map[int]string{9: "", 10: "notice", 59: "notice", 60: "problem"} {
		f, s := newFleet(t)
		f.servers["web2"].lag = lag
		st := s.Status(s.Look(context.Background(), false))
		got := ""
		for _, found := range st.Findings {
			if got = "problem"; found.Notice {
				got = "notice"
			}
		}
		if got != want || st.Healthy != (want != "problem") {
			t.Errorf("%d s: healthy %v, %+v", lag, st.Healthy, st.Findings)
		}
	}
}

// TestStatusWhileWriting: what was written between two looks is nobody's errant
// transaction, in whatever order the servers were asked.
func TestStatusWhileWriting(t *testing.T) {
	for range 30 {
		f, s := newFleet(t)
		f.hook = func(host, _ string) {
			if host != "web1" {
				f.servers["web1"].at++
				f.servers["web1"].log[1]++
			}
		}
		if st := s.Status(s.Look(context.Background(), false)); !st.Healthy {
			t.Fatalf("got %+v", st.Findings)
		}
	}
}

func TestStatusPlain(t *testing.T) {
	f, s := newFleet(t)
	f.servers["web3"].silent = true
	var b strings.Builder
	if err := s.Status(s.Look(context.Background(), false)).Plain(&b); err != nil {
		t.Fatal(err)
	}
	want := `PROBLEM web3: the database server does not answer: ERROR 2002 (HY000): Can't connect [DB15]
        next: foobar logs site.toml mariadb -l web3

HOST  ROLE     READ ONLY  SOURCE  IO   SQL  LAG  POSITION
web1  primary  no         -       -    -    -    0-1-5
web2  replica  yes        web1    Yes  Yes  0 s  0-1-5
web3  silent   -          -       -    -    -    -
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
