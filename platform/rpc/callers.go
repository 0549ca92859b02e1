package rpc

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/grpc"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/text"
)

// Callers names, for each method by its full name ("/package.Service/Method"), the programs that
// may call it.
type Callers map[string][]string

// Service is a gRPC service with the allowed callers of each method.
type Service struct {
	register func(grpc.ServiceRegistrar)
	callers  Callers
}

// NewService makes a Service from the register function that protoc-gen-go-grpc generates.
// NewServer refuses it unless callers has exactly the methods of the service.
func NewService[T any](register func(grpc.ServiceRegistrar, T), implementation T, callers Callers) Service {
	return Service{
		register: func(registrar grpc.ServiceRegistrar) { register(registrar, implementation) },
		callers:  callers,
	}
}

// registerOn adds the service to a server. It fails for methods without callers, and for callers of
// methods that do not exist.
func (s Service) registerOn(server *grpc.Server) error {
	before := server.GetServiceInfo()
	s.register(server)
	methods := map[string]bool{}
	for name, info := range server.GetServiceInfo() {
		if _, others := before[name]; others {
			continue
		}
		for _, method := range info.Methods {
			methods["/"+name+"/"+method.Name] = true
		}
	}
	var problems []error
	for _, method := range slices.Sorted(maps.Keys(methods)) {
		if len(s.callers[method]) == 0 {
			problems = append(problems, fmt.Errorf("no callers are listed for the method %s", method))
		}
	}
	for _, method := range slices.Sorted(maps.Keys(s.callers)) {
		if !methods[method] {
			problems = append(problems, fmt.Errorf("callers are listed for %s, which does not exist", method))
		}
	}
	return errors.Join(problems...)
}

// clients has the program of each client of the issuer.
type clients map[string]string

// program returns the program of a client, or "". Without settings a client is the program of its
// name.
func (c clients) program(client string) string {
	if len(c) == 0 {
		return client
	}
	return c[client]
}

// refusal returns why a caller may not call a method, or "" when it may.
func (b *border) refusal(method string, identity auth.Identity) string {
	if !identity.Has(auth.ScopeService) {
		return fmt.Sprintf("the token of %s lacks the scope %s", brief(identity.Subject), auth.ScopeService)
	}
	allowed := b.callers[method]
	if slices.Contains(allowed, b.clients.program(identity.Client)) {
		return ""
	}
	return fmt.Sprintf("the client %s may not call %s; %s may. GRPC_CALLERS has the program of each client",
		brief(identity.Client), method, strings.Join(allowed, ", "))
}

// brief quotes a name that the issuer chose.
func brief(name string) string { return fmt.Sprintf("%q", text.Line(name, 100)) }
