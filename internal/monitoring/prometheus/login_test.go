package prometheus

import (
	"crypto/rand"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// TestHashed: the hash is one of that password alone, and the same with the same salt.
func TestHashed(t *testing.T) {
	for range 20 {
		password, salt := rand.Text(), []byte(rand.Text())
		one, err := hashed(password, salt)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := hashed(password, salt); again != one {
			t.Errorf("%s, and then %s", one, again)
		}
		if err := bcrypt.CompareHashAndPassword([]byte(one), []byte(password)); err != nil {
			t.Errorf("%s: %v", one, err)
		}
		if bcrypt.CompareHashAndPassword([]byte(one), []byte(password[1:])) == nil {
			t.Errorf("%s is the hash of another password, too", one)
		}
	}
}
