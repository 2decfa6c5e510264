package ldapmem

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/go-hclog"
	"github.com/jimlambrt/gldap"
)

// A Server is an LDAP server.
type Server struct {
	Suffix   string // DN of the root entry, which exists from the start
	Admin    string // DN of the administrator, who may add entries
	Password string
	TLS      *tls.Config // configuration for StartTLS, and for all connections if Secure is set
	Secure   bool

	tree   *tree
	admins sync.Map // IDs of connections that are bound as the administrator
}

// Serve serves on the address until ctx ends.
func (s *Server) Serve(ctx context.Context, addr string) error {
	s.tree = newTree(s.Suffix)
	forget := func(connection int) { s.admins.Delete(connection) }
	server, err := gldap.NewServer(gldap.WithLogger(hclog.NewNullLogger()), gldap.WithOnClose(forget))
	if err != nil {
		return fmt.Errorf("creating the LDAP server: %w", err)
	}
	mux, err := gldap.NewMux()
	if err == nil {
		err = errors.Join(mux.Bind(s.bind), mux.Search(s.search), mux.Add(s.add),
			mux.ExtendedOperation(s.startTLS, gldap.ExtendedOperationStartTLS), server.Router(mux))
	}
	if err != nil {
		return fmt.Errorf("creating the LDAP server: %w", err)
	}
	var options []gldap.Option
	if s.Secure {
		options = append(options, gldap.WithTLSConfig(s.TLS))
	}
	defer context.AfterFunc(ctx, func() { server.Stop() })()
	if err := server.Run(addr, options...); err != nil && ctx.Err() == nil {
		return fmt.Errorf("serving LDAP: %w", err)
	}
	return nil
}

// bind accepts names with their passwords, and anonymous binds without both. It rejects a name without a password
// (RFC 4513, section 5.1.2).
func (s *Server) bind(w *gldap.ResponseWriter, r *gldap.Request) {
	code := gldap.ResultInvalidCredentials
	s.admins.Delete(r.ConnectionID())
	m, err := r.GetSimpleBindMessage()
	switch {
	case err != nil:
		code = gldap.ResultProtocolError
	case m.UserName == "" && m.Password == "":
		code = gldap.ResultSuccess
	case m.Password == "":
		code = gldap.ResultUnwillingToPerform
	case s.isAdminPassword(m.UserName, string(m.Password)):
		s.admins.Store(r.ConnectionID(), true)
		code = gldap.ResultSuccess
	case s.tree.isPassword(m.UserName, string(m.Password)):
		code = gldap.ResultSuccess
	}
	w.Write(r.NewBindResponse(gldap.WithResponseCode(code)))
}

// isAdminPassword reports whether name and password are the administrator's.
func (s *Server) isAdminPassword(name, password string) bool {
	normalized, ok := normalizeDN(name)
	admin, _ := normalizeDN(s.Admin)
	return ok && normalized == admin && subtle.ConstantTimeCompare([]byte(password), []byte(s.Password)) == 1
}

func (s *Server) search(w *gldap.ResponseWriter, r *gldap.Request) {
	m, err := r.GetSearchMessage()
	if err != nil {
		w.Write(r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultProtocolError)))
		return
	}
	found, code := s.tree.search(m)
	if m.SizeLimit > 0 && int64(len(found)) > m.SizeLimit {
		found, code = found[:m.SizeLimit], gldap.ResultSizeLimitExceeded
	}
	for _, e := range found {
		w.Write(r.NewSearchResponseEntry(e.dn, gldap.WithAttributes(e.visibleAttributes(m.Attributes))))
	}
	w.Write(r.NewSearchDoneResponse(gldap.WithResponseCode(code)))
}

// visibleAttributes returns the requested attributes, or all if none are requested. It never returns the password.
func (e *entry) visibleAttributes(wanted []string) map[string][]string {
	shown := maps.Clone(e.attributes)
	requested := func(name string) bool {
		return slices.ContainsFunc(wanted, func(w string) bool { return w == "*" || strings.EqualFold(w, name) })
	}
	maps.DeleteFunc(shown, func(name string, _ []string) bool {
		return name == passwordAttribute || len(wanted) > 0 && !requested(name)
	})
	return shown
}

func (s *Server) add(w *gldap.ResponseWriter, r *gldap.Request) {
	code := gldap.ResultInsufficientAccessRights
	m, err := r.GetAddMessage()
	if err != nil {
		code = gldap.ResultProtocolError
	} else if _, admin := s.admins.Load(r.ConnectionID()); admin {
		code = s.tree.add(m.DN, m.Attributes)
	}
	w.Write(r.NewResponse(gldap.WithApplicationCode(gldap.ApplicationAddResponse), gldap.WithResponseCode(code)))
}

func (s *Server) startTLS(w *gldap.ResponseWriter, r *gldap.Request) {
	response := r.NewExtendedResponse(gldap.WithResponseCode(gldap.ResultSuccess))
	response.SetResponseName(gldap.ExtendedOperationStartTLS)
	if s.TLS == nil {
		response.SetResultCode(gldap.ResultProtocolError)
		w.Write(response)
		return
	}
	w.Write(response)
	_ = r.StartTLS(s.TLS) // a client whose handshake fails disconnects
}
