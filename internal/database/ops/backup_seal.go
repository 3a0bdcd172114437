package ops

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"time"
)

// A host signs what it says of a backup with a key of its own, which it got from the
// controller: it can vouch for its own backups, and for nobody else's. The signature,
// an HMAC-SHA256, stands at the end of the first line of the file beside a backup, and
// is of all of the line before it: the backup's name, host, times and rows, the digest
// of its file and that of the counted tables.

// sealBegin keeps a signature of a backup from being one of anything else. The
// script of the template database/backup.sh.tmpl writes the same.
const sealBegin = "foobar backup 1\n"

var sealForm = regexp.MustCompile(`^(.*),"mac":"([0-9a-f]{64})",?\}?$`)

// seal is a signature that stands beside a backup, and the text that it is of.
type seal struct{ text, mac string }

// readSeal takes the signature off a line; a line without one has the zero seal.
func readSeal(line string) seal {
	if m := sealForm.FindStringSubmatch(line); m != nil {
		return seal{m[1], m[2]}
	}
	return seal{}
}

// by reports whether the key made the signature.
func (s seal) by(key []byte) bool {
	got, err := hex.DecodeString(s.mac)
	h := hmac.New(sha256.New, key)
	h.Write([]byte(sealBegin + s.text))
	return err == nil && hmac.Equal(got, h.Sum(nil))
}

// skew is how far ahead of the controller's clock a host's may be.
const skew = 10 * time.Minute

// vouch finds out whether a backup is signed by the host it names, and whether
// what is said of it can be true. What speaks against it is noted in Doubt.
func (s *Site) vouch(b *Backup) {
	b.Signed, b.Doubt = false, ""
	switch {
	case b.seal.mac != "" && s.BackupKey != nil && !b.seal.by(s.BackupKey(b.Host)):
		b.Doubt = fmt.Sprintf("it is not signed by %s, which it names as its maker", b.Host)
	case b.Began.After(s.now().Add(skew)), b.Ended.After(s.now().Add(skew)):
		b.Doubt = "its time is in the future"
	case b.Ended.Before(b.Began):
		b.Doubt = "it ended before it began"
	case b.stamp().Sub(b.Began).Abs() > time.Minute:
		b.Doubt = fmt.Sprintf("its name says another time than its record, %s", b.Began.Format(time.RFC3339))
	default:
		b.Signed = b.seal.mac != "" && s.BackupKey != nil
	}
}

// stamp is the time in the name.
func (b Backup) stamp() time.Time {
	name := b.Name()
	at, err := time.Parse("20060102T150405Z", name[max(len(name)-len("20060102T150405Z"), 0):])
	if err != nil {
		return time.Time{}
	}
	return at
}

func (s *Site) now() time.Time {
	if s.Clock != nil {
		return s.Clock()
	}
	return time.Now()
}
