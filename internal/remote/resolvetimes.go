package remote

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// tcpPatience is about as long as Linux goes on trying to connect where nobody bounds it,
// as ssh does with a ConnectTimeout of 0.
const tcpPatience = 127 * time.Second

// usualPatience is the time to connect where nobody says one, and the least for what comes
// after: ssh_config's ConnectTimeout is over once the keys are exchanged.
const usualPatience = 10 * time.Second

// resolveTimes: what ssh_config says of keepalives counts only where it asks for
// them at all, since foobar does without being asked.
func (s *settings) resolveTimes(o Options, conf *config) error {
	s.dialing, s.keepalive, s.grace = o.ConnectTimeout, o.Keepalive, cmp.Or(o.Grace, 5*time.Second)
	s.timeout = s.dialing
	if given := conf.set("connecttimeout"); s.dialing <= 0 && given != "" {
		d, err := duration(given)
		switch {
		case given == "none" || err == nil && d == 0:
			d = tcpPatience
		case err != nil || d < time.Second:
			return s.bad("give seconds", "ssh_config: wrong ConnectTimeout %q", clean(given))
		}
		s.dialing, s.timeout = d, max(d, usualPatience)
	}
	if s.dialing <= 0 {
		s.dialing, s.timeout = usualPatience, usualPatience
	}
	s.aliveMax = 3
	if every, err := duration(conf.get("serveraliveinterval")); s.keepalive == 0 && err == nil && every > 0 {
		s.keepalive = every
		if n, err := strconv.Atoi(conf.get("serveralivecountmax")); err == nil && n > 0 {
			s.aliveMax = n
		}
	}
	s.keepalive = cmp.Or(s.keepalive, 5*time.Second)
	return nil
}

// duration reads a time as ssh writes it: 90, 90s, 1m30s, 1h, 1d, 1w.
func duration(text string) (time.Duration, error) {
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	var total time.Duration
	rest := strings.ToLower(text)
	for rest != "" {
		end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if end < 0 {
			end = len(rest)
		}
		n, err := strconv.ParseUint(rest[:end], 10, 31)
		if err != nil {
			return 0, fmt.Errorf("%q is not a time", text)
		}
		unit := time.Second
		if rest = rest[end:]; rest != "" {
			if unit = units[rest[0]]; unit == 0 {
				return 0, fmt.Errorf("%q is not a time", text)
			}
			rest = rest[1:]
		}
		total += time.Duration(n) * unit
	}
	if text == "" || total < 0 {
		return 0, fmt.Errorf("%q is not a time", text)
	}
	return total, nil
}

// bytesOf reads a number of bytes as ssh writes it: 512M; "default" and "none" are 0.
func bytesOf(text string) (uint64, error) {
	text = strings.ToUpper(text)
	if text == "DEFAULT" || text == "NONE" {
		return 0, nil
	}
	shift := 0
	for i, unit := range []string{"K", "M", "G"} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			text, shift = number, 10*(i+1)
		}
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err == nil && n > math.MaxInt64>>shift {
		err = strconv.ErrRange
	}
	return n << shift, err
}
