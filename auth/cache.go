package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"time"
)

// maxCached is the largest number of cached credentials. When there are more, the cache is emptied.
const maxCached = 10_000

// A credential is a keyed hash of a name and a password, so that memory does not contain the password.
type credential [sha256.Size]byte

// A cacheEntry holds the groups of an authenticated user.
type cacheEntry struct {
	groups []string
	until  time.Time
}

// secret is the key of the hashes, random for each process.
var secret = []byte(rand.Text())

func credentialOf(name, password string) (c credential) {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(name + "\x00" + password))
	h.Sum(c[:0])
	return c
}

func (d *Directory) cachedGroups(name, password string) (groups []string, known bool) {
	if d.Cache <= 0 {
		return nil, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	r, known := d.cached[credentialOf(name, password)]
	return r.groups, known && time.Now().Before(r.until)
}

func (d *Directory) cache(name, password string, groups []string) {
	if d.Cache <= 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cached == nil || len(d.cached) >= maxCached {
		d.cached = map[credential]cacheEntry{}
	}
	d.cached[credentialOf(name, password)] = cacheEntry{groups, time.Now().Add(d.Cache)}
}
