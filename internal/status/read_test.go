package status

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"foobar/internal/ask/asktest"
	"foobar/internal/database/dialects"
	"foobar/inventory"
	"foobar/playbooks"
)

// TestReadBalancer: HAProxy's answers that are odd, cut or hostile.
func TestReadBalancer(t *testing.T) {
	const info = "Name: HAProxy\nVersion: 3.0.11-1\nUptime_sec: 7\nCurrConns: 2\nMaxconn: 10\n"
	const head = "# pxname,svname,status,weight,uweight,lastchg,check_status,check_code,check_duration,last_chk,addr,req_tot,econ,eresp,rtime\n"
	for name, c := range map[string]struct{ text, want string }{
		"nothing":              {"", "no answer"},
		"no table":             {info, "Maxconn: 10"},
		"no numbers":           {head + "web,web1,UP\n", "web,web1,UP"},
		"another program":      {"Name: squid\n" + head, strings.TrimSuffix(head, "\n")},
		"no permission":        {"2026/01/02 socat[7] E connect(5, AF=1 \"/run/haproxy/admin.sock\"): Permission denied\n", `2026/01/02 socat[7] E connect(5, AF=1 "/run/haproxy/admin.sock"): Permission denied`},
		"a server":             {info + head + "web,web1,UP,50,100,9,L7OK,200,3,ok,10.0.0.1:443,7,1,2,33\n", "web1 UP 50/100 9s L7OK 200 in 3ms (ok) 7 requests 3 errors 33 ms"},
		"a check still begins": {info + head + "web,web1,no check,1,1,0,* L4CON,0,,,,,,,\n", "web1 no check 1/1 0s L4CON () 0 requests 0 errors 0 ms"},
		"text with a comma":    {info + head + "web,web1,DOWN,1,1,5,L7STS,500,2,\"said \"\"no\"\", twice\",,,,,\n", `web1 DOWN 1/1 5s L7STS 500 in 2ms (said "no", twice) 0 requests 0 errors 0 ms`},
		"a quote without end":  {info + head + "web,web1,DOWN,1,1,5,\"L7STS,500\n", "web1 DOWN 1/1 5s L7STS,500 () 0 requests 0 errors 0 ms"},
		"a row that is cut":    {info + head + "web,web1,UP\n", "web1 UP 0/0 0s () 0 requests 0 errors 0 ms"},
		"numbers that are not": {info + head + "web,web1,UP,many,-5,99999999999999999999,,,,,,x,,,\n", "web1 UP 0/0 0s () 0 requests 0 errors 0 ms"},
		"another backend":      {info + head + "other,web1,UP,1,1,1,,,,,,,,,\nweb,FRONTEND,OPEN,,,,,,,,,,,,\n", ""},
		"control characters":   {info + head + "web,w\x1b[2Jeb1,U\u202eP,1,1,1,,,,,,,,,\n", "web1 UP 1/1 1s () 0 requests 0 errors 0 ms"},
	} {
		b := readBalancer(strings.Split(strings.TrimSuffix(c.text, "\n"), "\n"))
		got := b.Error
		for _, s := range b.Servers {
			if b.Answered {
				got = strings.Replace(fmt.Sprintf("%s %s %d/%d %vs %s (%s) %d requests %d errors %d ms", s.Name, s.Status, s.Weight, s.Configured, s.Since, s.Check, s.CheckText, s.Requests, s.Errors, s.ResponseTime), "  ", " ", 1)
			}
		}
		if got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
		asktest.Document(t, b)
	}
}

// TestReadDatabase: what MariaDB and MySQL say of themselves becomes one form.
func TestReadDatabase(t *testing.T) {
	said := func(variables ...string) string {
		text := "Variable_name\tValue\nThreads_connected\t3\nVariable_name\tValue\nmax_connections\t200\n"
		for _, v := range variables {
			text += "t\tk\tv\nvar\t" + strings.Replace(v, " ", "\t", 1) + "\n"
		}
		return text
	}
	maria := said("version 11.8.9-MariaDB", "read_only 1", "gtid_binlog_pos 0-1-7", "gtid_slave_pos 0-1-6")
	oracle := said("version 9.7.0", "read_only 0", `gtid_executed 00000000-0000-0000-0000-00000000000a:1-5,\n00000000-0000-0000-0000-00000000000b:1`)
	const both = "00000000-0000-0000-0000-00000000000a:1-5,00000000-0000-0000-0000-00000000000b:1"
	const end, row = "t\tk\nend\tend\n", "\t10.77.0.12\tYes\tYes\t"
	const follows = "Connection_name\tMaster_Host\tSlave_IO_Running\tSlave_SQL_Running\tLast_SQL_Error\tLast_IO_Error\tSeconds_Behind_Master\tMaster_SSL_Allowed\n"
	for name, c := range map[string]struct{ engine, text, want string }{
		"nothing":           {"mariadb", "", "no answer"},
		"refused":           {"mariadb", "ERROR 2002 (HY000): Can't connect to local server", "ERROR 2002 (HY000): Can't connect to local server"},
		"given up":          {"mariadb", maria + "no answer within 10 s", "no answer within 10 s"},
		"no position":       {"mariadb", said("version 11.8.9-MariaDB", "gtid_binlog_state 0-1") + end, `"0-1" is not a position of a database server`},
		"closed":            {"mariadb", maria + end, "neither 0-1-7 0-1-6 3/200"},
		"open":              {"mariadb", strings.Replace(maria, "y\t1", "y\t0", 1) + end, "primary 0-1-7 0-1-6 3/200"},
		"open, in MySQL":    {"mysql", oracle + end, "primary " + both + " " + both + " 3/200"},
		"a replica":         {"mariadb", maria + follows + row + "\t\t7\tYes\n" + end, "replica 0-1-7 0-1-6 3/200 of 10.77.0.12 Yes/Yes 7 s, TLS"},
		"of MySQL":          {"mysql", oracle + "Replica_IO_State\tSource_Host\tReplica_IO_Running\tReplica_SQL_Running\tSeconds_Behind_Source\nwaits\ta.internal\tConnecting\tYes\tNULL\n" + end, "replica " + both + " " + both + " 3/200 of a.internal Connecting/Yes"},
		"the first of two":  {"mariadb", maria + follows + row + "\t\tNULL\tNo\nother\t10.77.0.99\tYes\tYes\t\t\t3\tYes\n" + end, "replica 0-1-7 0-1-6 3/200 of 10.77.0.12 Yes/Yes"},
		"SQL before IO":     {"mariadb", maria + follows + row + "first\tsecond\tNULL\tNo\n" + end, "replica 0-1-7 0-1-6 3/200 of 10.77.0.12 Yes/Yes: first"},
		"no statement":      {"mariadb", maria + follows + row + "Error 'x' on query. Default database: 'a'. Query: 'INSERT secret'\t\tNULL\tNo\n" + end, "replica 0-1-7 0-1-6 3/200 of 10.77.0.12 Yes/Yes: Error 'x' on query."},
		"nor another":       {"mariadb", maria + follows + row + "Duplicate entry Query: 'INSERT secret'\t\tNULL\tNo\n" + end, "replica 0-1-7 0-1-6 3/200 of 10.77.0.12 Yes/Yes: Duplicate entry"},
		"control in a name": {"mariadb", maria + follows + "\t10.77\x1b[2J.0.12\t\t\t\t\tNULL\tNo\n" + end, "replica 0-1-7 0-1-6 3/200 of 10.77.0.12 /"},
	} {
		dialect, err := dialects.Named(c.engine)
		if err != nil {
			t.Fatal(err)
		}
		d := readDatabase(site(), dialect, asktest.Answer(strings.Split("tok begin database\n"+c.text+"\ntok done", "\n")...))
		got := d.Error
		if d.Running {
			got = fmt.Sprintf("%s %s %s %d/%d", d.Role, d.Written, d.Applied, d.Connections, d.MaxConnections)
		}
		if d.Source != "" {
			got += fmt.Sprintf(" of %s %s/%s", d.Source, d.Reading, d.Applying)
		}
		if d.Lag != nil {
			got += fmt.Sprintf(" %d s", *d.Lag)
		}
		if d.TLS {
			got += ", TLS"
		}
		if d.Trouble != "" {
			got += ": " + d.Trouble
		}
		if got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// TestReadUnits: a unit that systemd says nothing of, or whose block is cut, is
// not there; what was not asked for is left out.
func TestReadUnits(t *testing.T) {
	text := "Id=other.service\nLoadState=loaded\n\nId=a.service\nLoadState=loaded\nActiveState=reloading\nNRestarts=4\nStateChangeTimestamp=@1700000000\n\nnoise\nLoadState=masked\n\nId=b.timer\nLoadState=not-found"
	got := readUnits(text, []Service{{Unit: "a.service"}, {Unit: "b.timer"}, {Unit: "c.service"}})
	if a := got[0]; !a.Up() || a.missing() || a.Restarts != 4 || a.Since != time.Unix(1700000000, 0).UTC() {
		t.Errorf("%+v", a)
	}
	if !got[1].missing() || !got[2].missing() || len(got) != 3 {
		t.Errorf("%+v", got[1:])
	}
}

// TestValues: what is no number, or none that JSON or people could have, is nothing.
func TestValues(t *testing.T) {
	for text, want := range map[string]float64{"": 0, "1.5": 1.5, " 2 ": 2, "NaN": 0, "Inf": 0, "-1e300": 0, "0x": 0} {
		if got := decimal(text); got != want {
			t.Errorf("decimal %q: %v", text, got)
		}
	}
	for text, want := range map[string]int64{"": 0, "@": 0, "@5": 5, "5": 5, "-5": 0, "@99999999999999": 0, "n/a": 0} {
		if got := unixTime(text); got.IsZero() != (want == 0) || want != 0 && got.Unix() != want {
			t.Errorf("time %q: %v", text, got)
		}
	}
	for d, want := range map[time.Duration]string{0: "0s", 119 * time.Second: "119s", 2 * time.Minute: "2m", 119 * time.Minute: "119m", 2 * time.Hour: "2h", 47 * time.Hour: "47h",
		48 * time.Hour: "2d", -time.Second: "-1s", -1 << 63: "-106751d"} {
		if got := age(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0B", 1023: "1023B", 1024: "1.0K", 10 << 10: "10K", 1536 << 20: "1.5G", 5 << 50: "5120T"} {
		if got := size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for v, want := range map[string]string{"": "", "1:11.8.9+ds-0+deb13u1": "11.8.9", "3.0.11-1+deb13u1": "3.0.11", "0.110.0": "0.110.0"} {
		if got := upstream(v); got != want {
			t.Errorf("%s: %s, want %s", v, got, want)
		}
	}
	for os, want := range map[string]string{"Debian GNU/Linux 13 (trixie)": "Debian 13", "Ubuntu 24.04.1 LTS": "Ubuntu 24.04.1 …", "": ""} {
		if got := shortOS(os); got != want {
			t.Errorf("%s: %q, want %q", os, got, want)
		}
	}
}

// TestQuestions: a host is asked for what the site puts on it, and for no more.
func TestQuestions(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*inventory.Inventory)
		host    int
		with    []string
		without []string
	}{
		"a balancer":        {nil, 0, []string{"haproxy", "certificate", "firewall", "collector"}, []string{"database", "release", "internal-certificate"}},
		"a web server":      {nil, 1, []string{"database", "release", "internal-certificate"}, []string{"haproxy", "certificate"}},
		"without firewall":  {func(inv *inventory.Inventory) { inv.Firewall.Enabled = false }, 1, nil, []string{"firewall"}},
		"without collector": {func(inv *inventory.Inventory) { inv.Monitoring.Enabled = false }, 1, nil, []string{"collector"}},
		"without an app":    {func(inv *inventory.Inventory) { inv.App.Source = "" }, 1, nil, []string{"release"}},
		"no static files":   {func(inv *inventory.Inventory) { inv.Hosts[1].Roles = []string{inventory.Web} }, 1, nil, []string{"release", "database"}},
		"static files":      {func(inv *inventory.Inventory) { inv.Hosts[1].Roles, inv.Web.Static = []string{inventory.Web}, "static" }, 1, []string{"release"}, nil},
	} {
		inv := site()
		if c.change != nil {
			c.change(inv)
		}
		script := askOf(inv, playbooks.Services(inv), inv.Hosts[c.host]).script()
		for _, section := range c.with {
			if !strings.Contains(script, "section "+section+"\n") && !strings.Contains(script, "section "+section+";") {
				t.Errorf("%s: not asked for %s", name, section)
			}
		}
		for _, section := range c.without {
			if strings.Contains(script, "section "+section+"\n") || strings.Contains(script, "section "+section+";") {
				t.Errorf("%s: asked for %s", name, section)
			}
		}
	}
}
