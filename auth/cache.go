package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"time"
)

// maxRemembered is how many passwords are remembered. When there are more, all are forgotten.
const maxRemembered = 10_000

// A credential is a name and a password, as nobody can read it who finds it in memory.
type credential [sha256.Size]byte

type remembered struct {
	groups []string
	until  time.Time
}

// secret is this process's own.
var secret = []byte(rand.Text())

func credentialOf(name, password string) (c credential) {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(name + "\x00" + password))
	h.Sum(c[:0])
	return c
}

func (d *Directory) remembers(name, password string) (groups []string, known bool) {
	if d.Cache <= 0 {
		return nil, false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	r, known := d.cached[credentialOf(name, password)]
	return r.groups, known && time.Now().Before(r.until)
}

func (d *Directory) remember(name, password string, groups []string) {
	if d.Cache <= 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cached == nil || len(d.cached) >= maxRemembered {
		d.cached = map[credential]remembered{}
	}
	d.cached[credentialOf(name, password)] = remembered{groups, time.Now().Add(d.Cache)}
}
