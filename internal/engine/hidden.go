package engine

import (
	"regexp"
	"slices"
	"strings"
)

// hidden stands for what people must not see.
const hidden = "[hidden]"

var (
	secretWord  = regexp.MustCompile(`(?i)pass|pwd|secret|token|cred|auth|key|private|salt|bearer|dsn|community|psk`)
	firstToken  = regexp.MustCompile(`^\s*[#;/!"'-]*\s*[A-Za-z0-9_.-]+["']?[ \t]*[:=]?[ \t]*`)
	plainPath   = regexp.MustCompile(`^\s*[A-Za-z0-9_.-]+[ \t]*[:=]?[ \t]*["']?(/(etc|var|run|srv|usr|opt|home|root|dev|lib)/[A-Za-z0-9_./*-]*|https?://[A-Za-z0-9_.-]*)["']?[;,]?$`)
	plainSwitch = regexp.MustCompile(`^\s*[A-Za-z0-9_.-]+[ \t]*[ \t=:][ \t]*(yes|no|on|off|true|false|none|required);?$`)
	urlPassword = regexp.MustCompile(`://[^/\s]*@`)
	cryptHash   = regexp.MustCompile(`\$[0-9A-Za-z]{1,6}\$\S+`)
	longWord    = regexp.MustCompile(`[A-Za-z0-9+=]{20,}`)
	armour      = regexp.MustCompile(`-----(BEGIN|END)[A-Z ]*PRIVATE[A-Z ]*-----`)
)

// hideOld takes out of the former text of a file what may be a secret, such as
// the password of a statistics page: whoever configured the host before did not
// mean it for plans, records and logs. Lines that the new text has too stay, as
// they are foobar's. In doubt it hides.
func hideOld(old, new string) string {
	known := map[string]bool{}
	for line := range strings.Lines(new) {
		known[strings.TrimSpace(line)] = true
	}
	var b strings.Builder
	inKey := false // within a private key
	after := -1    // the indent of a word whose value begins on the next line
	began := false // that value
	for line := range strings.Lines(old) {
		text := strings.TrimRight(line, "\r\n")
		end, indent := line[len(text):], len(text)-len(strings.TrimLeft(text, " \t"))
		mark := armour.FindStringSubmatch(text)
		switch {
		case strings.TrimSpace(text) == "":
		case mark != nil:
			inKey, text = mark[1] == "BEGIN", hidden
		case inKey:
			text = hidden
		case after >= 0 && (!began || indent > after):
			text, began = text[:indent]+hidden, true
		case known[strings.TrimSpace(text)]:
			after = -1
		default:
			shown, follows := hideLine(text)
			if after = -1; follows {
				after, began = indent, false
			}
			text = shown
		}
		b.WriteString(text + end)
	}
	return b.String()
}

// hideLine hides all but the first word of a line that speaks of a secret. Paths and
// switches are shown: they say where a secret lies, not what it is. follows says that
// the value must stand on the next line.
func hideLine(text string) (shown string, follows bool) {
	if secretWord.MatchString(text) && !plainPath.MatchString(text) && !plainSwitch.MatchString(text) {
		first := firstToken.FindString(text)
		if rest := strings.Trim(text[len(first):], " \t\"'{[(|>-"); rest == "" {
			return text, true
		}
		return first + hidden, false
	}
	text = urlPassword.ReplaceAllString(text, "://"+hidden+"@")
	text = cryptHash.ReplaceAllString(text, hidden)
	return longWord.ReplaceAllStringFunc(text, func(w string) string {
		if strings.ContainsAny(w, "0123456789") && strings.ContainsFunc(w, func(r rune) bool { return r > '9' && r != '=' }) {
			return hidden
		}
		return w
	}), false
}

// leastHidden is how long a secret is at least that is looked for in what steps print:
// shorter ones are parts of ordinary words.
const leastHidden = 4

// hideSecrets makes, for each host, what takes the secrets of its plays out of a text.
func (r *run) hideSecrets() {
	for _, w := range r.order {
		var texts, pairs []string
		for _, p := range r.plays {
			if p.Hide == nil || !w.takesPart() || !slices.Contains(p.Hosts, w.host) {
				continue
			}
			texts = append(texts, p.Hide(w.host.Name)...)
		}
		slices.SortFunc(texts, func(a, b string) int { return len(b) - len(a) }) // one may begin with another
		for _, text := range texts {
			if len(text) >= leastHidden {
				pairs = append(pairs, text, hidden)
			}
		}
		if w.hide = nil; len(pairs) > 0 {
			w.hide = strings.NewReplacer(pairs...)
		}
	}
}

// hidden is what a step printed, without secrets.
func (w *worker) hidden(text string) string {
	if w.hide == nil {
		return text
	}
	return urlPassword.ReplaceAllString(w.hide.Replace(text), "://"+hidden+"@")
}
