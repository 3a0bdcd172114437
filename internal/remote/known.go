package remote

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
)

// knownLine is one line that vouches for a key, or revokes it. Its format is in
// sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
type knownLine struct {
	where  string // file:line, or the command that printed it
	file   string
	marker string // "", "cert-authority" or "revoked"
	names  string // patterns joined by commas, or one hashed name
	key    ssh.PublicKey
}

// The markers of lines.
const (
	markerAuthority = "cert-authority"
	markerRevoked   = "revoked"
)

// knownFile is what was read from one known_hosts file. Damaged are the lines that
// cannot be read: as in OpenSSH they vouch for nothing and hinder nothing.
type knownFile struct {
	lines   []knownLine
	damaged []damagedLine
}

// damagedLine is a line that was passed over, and why.
type damagedLine struct {
	number int
	why    string
}

// knownSize bounds a known_hosts file: about half a million keys.
const knownSize = 64 << 20

// readKnownFile reads a file; one that is not there is empty.
func readKnownFile(path string) (*knownFile, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &knownFile{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, knownSize))
	if err != nil {
		return nil, err
	}
	return parseKnown(data, path), nil
}

// parseKnown reads lines.
func parseKnown(data []byte, path string) *knownFile {
	k := &knownFile{}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		text := bytes.TrimSpace(line)
		if len(text) == 0 || text[0] == '#' {
			continue
		}
		l, err := parseKnownLine(text)
		if err != nil {
			k.damaged = append(k.damaged, damagedLine{number, err.Error()})
			continue
		}
		l.file, l.where = path, path+":"+strconv.Itoa(number)
		k.lines = append(k.lines, l)
	}
	return k
}

func parseKnownLine(text []byte) (knownLine, error) {
	marker, names, key, _, _, err := ssh.ParseKnownHosts(text)
	switch {
	case errors.Is(err, io.EOF):
		return knownLine{}, errors.New("there is no key in it")
	case err != nil:
		return knownLine{}, err
	case marker != "" && marker != markerAuthority && marker != markerRevoked:
		return knownLine{}, fmt.Errorf("unknown marker @%s", marker)
	}
	l := knownLine{marker: marker, names: strings.Join(names, ","), key: key}
	if !l.hashed() {
		l.names = strings.ToLower(l.names)
	} else if _, err := l.salt(); err != nil {
		return knownLine{}, err
	}
	return l, nil
}

// complaint names the lines that cannot be read, or is "".
func (k *knownFile) complaint(path string) string {
	if len(k.damaged) == 0 {
		return ""
	}
	first := k.damaged[0]
	text := fmt.Sprintf("%s:%d: this line cannot be read (%s) and is ignored", path, first.number, strings.TrimPrefix(first.why, "ssh: "))
	if more := len(k.damaged) - 1; more > 0 {
		text += fmt.Sprintf(", and %d more, the next of them line %d", more, k.damaged[1].number)
	}
	return text
}

// hashMagic begins a name that was hashed (HashKnownHosts): "|1|SALT|HASH".
const hashMagic = "|1|"

func (l *knownLine) hashed() bool { return strings.HasPrefix(l.names, "|") }

// salt is that of a hashed name.
func (l *knownLine) salt() ([]byte, error) {
	rest, ok := strings.CutPrefix(l.names, hashMagic)
	salt, _, both := strings.Cut(rest, "|")
	if !ok || !both {
		return nil, errors.New("a hashed name of an unknown kind")
	}
	raw, err := base64.StdEncoding.DecodeString(salt)
	if err == nil && len(raw) != sha1.Size {
		err = errors.New("the salt of its hashed name has another length")
	}
	return raw, err
}

// matches reports whether the line is about a host, by its name as known_hosts has
// it: as [name]:port where the port is not 22.
func (l *knownLine) matches(name string) bool {
	if l.hashed() {
		salt, err := l.salt()
		if err != nil {
			return false
		}
		return l.names == hashName(name, salt)
	}
	found := false
	name = strings.ToLower(name)
	for pattern := range strings.SplitSeq(l.names, ",") {
		pattern, not := strings.CutPrefix(pattern, "!")
		if !matchPattern(pattern, name) {
			continue
		}
		if not {
			return false
		}
		found = true
	}
	return found
}

// hashName is a name as HashKnownHosts writes it.
func hashName(name string, salt []byte) string {
	mac := hmac.New(sha1.New, salt)
	mac.Write([]byte(name))
	return hashMagic + base64.StdEncoding.EncodeToString(salt) + "|" + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// matchPattern reports whether a pattern of ssh_config(5), PATTERNS, fits all of a
// text: * stands for anything, ? for one character.
func matchPattern(pattern, text string) bool {
	p, t := 0, 0
	star, from := -1, 0 // the last * and where what it stands for ends
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
