package remote

import (
	"encoding/base64"
	"errors"
	"io"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// command is what KnownHostsCommand prints about a name: first when the kinds of key
// are put in order, without a key, then about the key that was shown. As in OpenSSH it
// is run without a shell, and one that fails ends the connection.
func (k *hostKeys) command(name string, key ssh.PublicKey) (*knownFile, error) {
	if k.s.knownHostsCommand == "" {
		return &knownFile{}, nil
	}
	fail := func(err error, why string) error {
		k.verdict = k.s.fail(ErrConfig, err, "run it by hand, or write KnownHostsCommand none into ssh_config", "KnownHostsCommand %s", clean(why))
		return k.verdict
	}
	words, err := splitWords(k.s.knownHostsCommand)
	if err != nil || len(words) == 0 {
		return nil, fail(err, "cannot be read: a quote is not closed")
	}
	more := map[byte]string{'H': name, 'I': "ORDER", 't': "NONE", 'K': "NONE", 'f': "NONE"}
	if key != nil {
		more = map[byte]string{'H': name, 'I': "HOSTNAME", 't': key.Type(), 'K': base64.StdEncoding.EncodeToString(key.Marshal()), 'f': ssh.FingerprintSHA256(key)}
	}
	for i := range words[1:] {
		if words[i+1], err = k.s.tokens(words[i+1], more); err != nil {
			return nil, fail(err, "cannot be read: "+err.Error())
		}
	}
	cmd := exec.CommandContext(k.ctx, words[0], words[1:]...)
	cmd.WaitDelay = time.Second
	said := &tail{}
	cmd.Stderr = said
	pipe, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, fail(err, "cannot be started: "+err.Error())
	}
	out, err := io.ReadAll(io.LimitReader(pipe, knownSize))
	_, _ = io.Copy(io.Discard, pipe)
	if err = errors.Join(err, cmd.Wait()); err != nil {
		return nil, fail(err, "failed: "+strings.TrimSpace(err.Error()+" "+said.String()))
	}
	f := parseKnown(out, "")
	for i := range f.lines {
		f.lines[i].where = "the answer of KnownHostsCommand"
	}
	return f, nil
}

// splitWords splits a command line as OpenSSH does where no shell reads it: at blanks,
// with words in quotes of either kind, and a backslash before quotes and backslashes.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote byte
	inside := false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\\' && i+1 < len(line) && (strings.IndexByte(`'"\`, line[i+1]) >= 0 || quote == 0 && line[i+1] == ' '):
			i++
			word.WriteByte(line[i])
			inside = true
		case quote == 0 && (c == ' ' || c == '\t'):
			if inside {
				words = append(words, word.String())
				word.Reset()
			}
			inside = false
		case quote == 0 && (c == '"' || c == '\''):
			quote, inside = c, true
		case quote != 0 && c == quote:
			quote = 0
		default:
			word.WriteByte(c)
			inside = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	if inside {
		words = append(words, word.String())
	}
	return words, nil
}
