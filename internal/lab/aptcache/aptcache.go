// Package aptcache is a caching HTTP forward proxy for apt: what a repository never
// changes is kept for good, what it does change is asked for again when it is not
// fresh.
package aptcache

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Limits of the cache.
const (
	// fresh is how long an index is served without asking the repository again.
	fresh = 10 * time.Minute
	// maxBytes is what the cache may hold; the oldest files go first.
	maxBytes = 6 << 30
	// maxBody bounds one file.
	maxBody = 2 << 30
)

// Cache is the proxy. Dir and Rewrite are required.
type Cache struct {
	// Dir holds the files, by host and path.
	Dir string
	// Rewrite maps the beginning of a URL that a client asks for to the one that is
	// fetched, such as Debian's own name to a nearer mirror. Only URLs under a key
	// are fetched at all.
	Rewrite map[string]string
	// Client fetches; nil means http.DefaultClient.
	Client *http.Client

	mu    sync.Mutex
	locks map[string]*sync.Mutex
}

// Immutable reports whether what stands under a path of a repository never
// changes: packages in the pool and indexes named by their digest.
func Immutable(p string) bool {
	return strings.Contains(p, "/by-hash/") || strings.HasSuffix(p, ".deb") || strings.HasSuffix(p, ".udeb")
}

// upstream is the URL to fetch for the one asked for; "" when it is not allowed.
func (c *Cache) upstream(asked string) string {
	for from, to := range c.Rewrite {
		if rest, ok := strings.CutPrefix(asked, strings.TrimSuffix(from, "/")+"/"); ok && to != "" {
			return strings.TrimSuffix(to, "/") + "/" + rest
		}
	}
	return ""
}

// key is the file that keeps a URL, inside the cache's folder whatever the URL holds.
func key(u *url.URL) string {
	clean := path.Clean("/" + u.Path)
	name := filepath.Join(strings.Map(safeHost, u.Host), clean)
	if u.RawQuery != "" {
		name += "?" + url.QueryEscape(u.RawQuery)
	}
	return name
}

func safeHost(r rune) rune {
	if r == '/' || r == '\\' || r == 0 {
		return '_'
	}
	return r
}

// ServeHTTP answers a proxy's GET and HEAD requests and no others.
func (c *Cache) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "the lab's package cache answers GET only, not "+r.Method, http.StatusMethodNotAllowed)
		return
	}
	if r.URL.Host == "" || strings.Contains(r.URL.Host, "..") {
		http.Error(w, "the lab's package cache is a proxy: ask for a whole URL", http.StatusBadRequest)
		return
	}
	up := c.upstream(r.URL.String())
	if up == "" {
		http.Error(w, "the lab's package cache does not fetch from "+r.URL.Host, http.StatusForbidden)
		return
	}
	file := filepath.Join(c.Dir, key(r.URL))
	unlock := c.lock(file)
	status, err := c.ensure(r, file, up)
	unlock()
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if status != http.StatusOK {
		http.Error(w, http.StatusText(status), status)
		return
	}
	f, err := os.Open(file)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	// ServeContent answers If-Modified-Since, so a second update is a "Hit".
	http.ServeContent(w, r, "", info.ModTime(), f)
}

// lock lets one request at a time fetch a file; the others then find it.
func (c *Cache) lock(file string) (unlock func()) {
	c.mu.Lock()
	if c.locks == nil {
		c.locks = map[string]*sync.Mutex{}
	}
	m := c.locks[file]
	if m == nil {
		m = new(sync.Mutex)
		c.locks[file] = m
	}
	c.mu.Unlock()
	m.Lock()
	return m.Unlock
}

// checked is the file whose time says when a cached index was last asked for.
func checked(file string) string { return file + ".checked" }

// ensure makes the file current as far as its kind requires it. When the repository
// cannot be reached an old index is better than none.
func (c *Cache) ensure(r *http.Request, file, up string) (status int, err error) {
	info, statErr := os.Stat(file)
	have := statErr == nil && info.Mode().IsRegular()
	if have && Immutable(r.URL.Path) {
		return http.StatusOK, nil
	}
	if have {
		if c, err := os.Stat(checked(file)); err == nil && time.Since(c.ModTime()) < fresh {
			return http.StatusOK, nil
		}
	}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, up, nil)
	if err != nil {
		return 0, err
	}
	if have {
		req.Header.Set("If-Modified-Since", info.ModTime().UTC().Format(http.TimeFormat))
	}
	client := c.Client
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		if have {
			return http.StatusOK, nil
		}
		return 0, fmt.Errorf("fetch %s: %w", up, err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotModified && have:
	case resp.StatusCode == http.StatusOK:
		if err := save(file, resp); err != nil {
			return 0, fmt.Errorf("fetch %s: %w", up, err)
		}
	case have && resp.StatusCode >= 500:
		return http.StatusOK, nil
	default:
		return resp.StatusCode, nil
	}
	if !Immutable(r.URL.Path) {
		return http.StatusOK, os.WriteFile(checked(file), nil, 0o644)
	}
	return http.StatusOK, nil
}

// save keeps a whole answer under its name, with the repository's own date.
func save(file string, resp *http.Response) error {
	if resp.ContentLength > maxBody {
		return fmt.Errorf("%d bytes are more than the cache takes", resp.ContentLength)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".part-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	n, err := io.Copy(tmp, io.LimitReader(resp.Body, maxBody+1))
	if err == nil && resp.ContentLength >= 0 && n != resp.ContentLength {
		err = io.ErrUnexpectedEOF
	}
	if err == nil && n > maxBody {
		err = errors.New("the answer is larger than the cache takes")
	}
	if err = errors.Join(err, tmp.Chmod(0o644), tmp.Close()); err != nil {
		return err
	}
	if t, err := http.ParseTime(resp.Header.Get("Last-Modified")); err == nil {
		os.Chtimes(tmp.Name(), t, t)
	}
	return os.Rename(tmp.Name(), file)
}

// Trim removes what a crash left half fetched, then the oldest files until the
// cache is within its bound.
func (c *Cache) Trim() error { return trim(c.Dir, maxBytes) }

func trim(dir string, bound int64) error {
	type entry struct {
		path string
		size int64
		when time.Time
	}
	var entries []entry
	var total int64
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasPrefix(d.Name(), ".part-") {
			return os.Remove(p)
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		entries = append(entries, entry{p, info.Size(), info.ModTime()})
		total += info.Size()
		return nil
	})
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	slices.SortFunc(entries, func(a, b entry) int { return a.when.Compare(b.when) })
	for _, e := range entries {
		if total <= bound {
			break
		}
		if err := os.Remove(e.path); err != nil {
			return err
		}
		total -= e.size
	}
	return nil
}
