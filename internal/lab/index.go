package lab

import (
	"crypto/subtle"
	"net/http"
)

// indexUser is who may read the package index, with the lab's token as the password.
const indexUser = "lab"

// index serves a folder as an index of Python packages, as PEP 503 has it, to who has
// the token: what a test puts there, a folder for each package.
func index(dir, token string) http.Handler {
	files := http.FileServer(http.Dir(dir))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != indexUser || subtle.ConstantTimeCompare([]byte(password), []byte(token)) != 1 {
			w.Header().Set("WWW-Authenticate", `Basic realm="index"`)
			http.Error(w, "the index wants the lab's token", http.StatusUnauthorized)
			return
		}
		files.ServeHTTP(w, r)
	})
}
