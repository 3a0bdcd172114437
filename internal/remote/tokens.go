package remote

import (
	"crypto/sha1" // of %C, which is a name and no secret
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// tokens replaces the tokens of ssh_config(5) that are known before the connection;
// more are those that only the caller knows. An unknown one is an error, as in ssh.
func (s *settings) tokens(text string, more map[byte]string) (string, error) {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			out.WriteByte(text[i])
			continue
		}
		if i++; i == len(text) {
			return "", fmt.Errorf("%q ends with a %%, which is written %%%%", text)
		}
		value, ok := more[text[i]]
		if !ok {
			value, ok = s.token(text[i])
		}
		if !ok {
			return "", fmt.Errorf("%q has the unknown token %%%c; a %% is written %%%%", text, text[i])
		}
		out.WriteString(value)
	}
	return out.String(), nil
}

func (s *settings) token(letter byte) (string, bool) {
	here, _ := os.Hostname()
	port := strconv.Itoa(s.port)
	switch letter {
	case '%':
		return "%", true
	case 'h':
		return s.host, true
	case 'n':
		return s.alias, true
	case 'p':
		return port, true
	case 'r':
		return s.user, true
	case 'k':
		if s.hostKeyAlias != "" {
			return s.hostKeyAlias, true
		}
		return s.alias, true
	case 'd':
		return s.home, true
	case 'u':
		return currentUser(), true
	case 'i':
		return strconv.Itoa(os.Getuid()), true
	case 'l':
		return here, true
	case 'L':
		short, _, _ := strings.Cut(here, ".")
		return short, true
	case 'j':
		return s.proxyJump, true
	case 'T':
		return "NONE", true // no tunnel
	case 'C':
		sum := sha1.Sum([]byte(here + s.host + port + s.user + s.proxyJump))
		return hex.EncodeToString(sum[:]), true
	}
	return "", false
}
