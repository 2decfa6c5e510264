package ldapmem

import (
	"crypto/subtle"
	"slices"
	"strings"
	"sync"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/jimlambrt/gldap"
)

// An entry is an entry of the directory.
type entry struct {
	dn         string              // DN as it was added
	name       string              // the normalized DN, for comparisons
	attributes map[string][]string // values by name in lower case
	children   []*entry            // children in the order in which they were added
}

const passwordAttribute = "userpassword"

// A tree has the entries of a directory.
type tree struct {
	mu     sync.RWMutex
	byName map[string]*entry
}

// normalizeDN returns the DN in a normalized spelling, and false if it is invalid.
func normalizeDN(dn string) (string, bool) {
	parsed, err := ldap.ParseDN(dn)
	if err != nil {
		return "", false
	}
	return strings.ToLower(parsed.String()), true
}

// parentDN returns the normalized DN of the parent, or "" if there is none.
func parentDN(name string) string {
	parsed, err := ldap.ParseDN(name)
	if err != nil || len(parsed.RDNs) == 0 {
		return ""
	}
	parsed.RDNs = parsed.RDNs[1:]
	return parsed.String()
}

func newTree(suffix string) *tree {
	name, _ := normalizeDN(suffix)
	root := &entry{dn: suffix, name: name, attributes: map[string][]string{}}
	return &tree{byName: map[string]*entry{name: root}}
}

// add adds an entry below an existing one, and returns the result code.
func (t *tree) add(dn string, attributes []gldap.Attribute) (code int) {
	name, ok := normalizeDN(dn)
	if !ok {
		return gldap.ResultInvalidDNSyntax
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byName[name] != nil {
		return gldap.ResultEntryAlreadyExists
	}
	parent := t.byName[parentDN(name)]
	if parent == nil {
		return gldap.ResultNoSuchObject
	}
	e := &entry{dn: dn, name: name, attributes: map[string][]string{}}
	for _, a := range attributes {
		key := strings.ToLower(a.Type)
		e.attributes[key] = append(e.attributes[key], a.Vals...)
	}
	parent.children, t.byName[name] = append(parent.children, e), e
	return gldap.ResultSuccess
}

// isPassword reports whether the entry exists and has the password.
func (t *tree) isPassword(dn, password string) bool {
	name, _ := normalizeDN(dn)
	t.mu.RLock()
	defer t.mu.RUnlock()
	e := t.byName[name]
	return e != nil && slices.ContainsFunc(e.attributes[passwordAttribute], func(p string) bool {
		return subtle.ConstantTimeCompare([]byte(p), []byte(password)) == 1
	})
}

// search returns the entries that match the search, and the result code.
func (t *tree) search(m *gldap.SearchMessage) (found []*entry, code int) {
	base, ok := normalizeDN(m.BaseDN)
	if !ok {
		return nil, gldap.ResultInvalidDNSyntax
	}
	filter, err := ldap.CompileFilter(m.Filter)
	if err != nil {
		return nil, gldap.ResultProtocolError
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	root := t.byName[base]
	if root == nil {
		return nil, gldap.ResultNoSuchObject
	}
	root.walk(m.Scope, func(e *entry) {
		if e.matches(filter) {
			found = append(found, e)
		}
	})
	return found, gldap.ResultSuccess
}

// walk calls visit for each entry in the scope of a search with this base. Other entries take no time.
func (e *entry) walk(scope gldap.Scope, visit func(*entry)) {
	switch scope {
	case gldap.BaseObject:
		visit(e)
	case gldap.SingleLevel:
		for _, child := range e.children {
			visit(child)
		}
	default:
		visit(e)
		for _, child := range e.children {
			child.walk(scope, visit)
		}
	}
}

// matches reports whether the entry matches the filter. It supports equality, presence, and, or and not.
func (e *entry) matches(filter *ber.Packet) bool {
	switch filter.Tag {
	case ldap.FilterAnd:
		return !slices.ContainsFunc(filter.Children, func(f *ber.Packet) bool { return !e.matches(f) })
	case ldap.FilterOr:
		return slices.ContainsFunc(filter.Children, e.matches)
	case ldap.FilterNot:
		return len(filter.Children) == 1 && !e.matches(filter.Children[0])
	case ldap.FilterPresent:
		return len(e.attributes[strings.ToLower(ber.DecodeString(filter.Data.Bytes()))]) > 0
	case ldap.FilterEqualityMatch:
		if len(filter.Children) != 2 {
			return false
		}
		name, _ := filter.Children[0].Value.(string)
		wanted, _ := filter.Children[1].Value.(string)
		return e.hasValue(name, wanted)
	}
	return false
}

// hasValue reports whether the attribute has the value. Members are compared as DNs, and all other values without
// regard to case. It never matches a password.
func (e *entry) hasValue(attribute, value string) bool {
	attribute = strings.ToLower(attribute)
	if attribute == passwordAttribute {
		return false
	}
	return slices.ContainsFunc(e.attributes[attribute], func(v string) bool {
		if attribute == "member" {
			a, _ := normalizeDN(v)
			b, ok := normalizeDN(value)
			return ok && a == b
		}
		return strings.EqualFold(v, value)
	})
}
