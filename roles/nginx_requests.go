package roles

import (
	"crypto/sha512"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/go-crypt/x/crypt"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// nginxUsers are the users of web.auth; nginx reads the file anew for each request.
const nginxUsers = "/etc/nginx/foobar.htpasswd"

// webMoves are redirects of one status that follow one another: nginx writes it as it is.
type webMoves struct {
	Status int
	Names  []webMove // of a name; its path and query come after where it leads
	Paths  []webMove // of what nginx calls $request_uri
}

// webMove is a pair of texts in nginx's quotes.
type webMove struct{ From, To string }

// webRedirects keeps their order within a status. Paths are matched as the client wrote
// them: decoded ones could bring line breaks into the answer.
func webRedirects(inv *inventory.Inventory) (all []webMoves) {
	for _, r := range inv.Web.Redirects {
		i := len(all) - 1
		if i < 0 || all[i].Status != r.Status {
			i, all = i+1, append(all, webMoves{Status: r.Status})
		}
		if r.Named() {
			to := strings.TrimSuffix(r.To, "/")
			if !strings.Contains(to, "://") {
				to = "https://" + to
			}
			all[i].Names = append(all[i].Names, webMove{r.From, nginxText(to + "$request_uri")})
			continue
		}
		path, rest := strings.CutSuffix(r.From, "*")
		from, to := `^`+regexp.QuoteMeta(path)+`(\?|$)`, r.To
		if rest {
			from = `^` + regexp.QuoteMeta(path) + `(?<rest>[^?]*)`
			if cut, same := strings.CutSuffix(to, "*"); same {
				to = cut + "$rest"
			}
		}
		if place, fragment, ok := strings.Cut(to, "#"); !strings.Contains(place, "?") {
			to = place + "$is_args$args"
			if ok {
				to += "#" + fragment
			}
		}
		all[i].Paths = append(all[i].Paths, webMove{nginxText("~" + from), nginxText(to)})
	}
	return all
}

// webGuarded are the paths of web.auth, as nginx matches them; "" is all of the site.
func webGuarded(inv *inventory.Inventory) (all []string) {
	for _, path := range inv.Web.Auth.Paths {
		if path = strings.TrimRight(path, "/"); path == "" {
			return []string{""}
		}
		all = append(all, nginxText("~^"+regexp.QuoteMeta(path)+"(/|$)"))
	}
	return all
}

// nginxText writes a text without backslashes at its end or before others as nginx reads
// it. Source: ngx_conf_file.c.
func nginxText(s string) string {
	return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
}

// webUsers are who may see the paths of web.auth. SHA512-crypt is the best hash that
// nginx, by crypt(3), knows on all Debians and that costs a request milliseconds. The salt
// follows from the master secret, so that a second run writes the same.
func webUsers(s *play.Site) resource.File {
	const letters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	var b strings.Builder
	for _, user := range slices.Sorted(maps.Keys(s.Inv.Web.Auth.Users)) {
		salt := s.Master.Seed("salt of web.auth.users." + user)[:16]
		for i := range salt {
			salt[i] = letters[salt[i]%64]
		}
		password := []byte(s.Secrets["web.auth.users."+user].Reveal())
		b.WriteString(user + ":$6$" + string(salt) + "$" + string(crypt.KeySHACrypt(sha512.New, password, salt, 5000)) + "\n")
	}
	return resource.File{Path: nginxUsers, Content: []byte(b.String()), Mode: 0o640, Group: nginxUser, Secret: true}
}
