package main

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"
)

// TestOnlyKey: a file of signing keys holds the one that was named, and no other.
func TestOnlyKey(t *testing.T) {
	var files [2]bytes.Buffer
	var prints [2]string
	for i := range files {
		key, err := openpgp.NewEntity("somebody", "", "a@b.example", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := key.Serialize(&files[i]); err != nil {
			t.Fatal(err)
		}
		prints[i] = strings.ToUpper(hex.EncodeToString(key.PrimaryKey.Fingerprint))
	}
	if err := onlyKey(files[0].Bytes(), prints[0]); err != nil {
		t.Error(err)
	}
	if err := onlyKey(files[0].Bytes(), prints[1]); err == nil || !strings.Contains(err.Error(), prints[0]) {
		t.Errorf("another key: %v", err)
	}
	both := append(bytes.Clone(files[0].Bytes()), files[1].Bytes()...)
	if err := onlyKey(both, prints[0]); err == nil {
		t.Error("a second key was taken along")
	}
	for _, bad := range []string{"", "nothing of the kind"} {
		if err := onlyKey([]byte(bad), prints[0]); err == nil {
			t.Errorf("%q was taken for a key", bad)
		}
	}
}
