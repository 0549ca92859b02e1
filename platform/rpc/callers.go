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

// Service is a gRPC service with the rule who may call each of its methods.
type Service struct {
	register func(grpc.ServiceRegistrar)
	callers  Callers
}

// NewService makes a Service of what protoc-gen-go-grpc generates: the function that registers
// implementations of T. Server refuses it unless callers has a rule for every method, and no rule
// for a method that does not exist.
func NewService[T any](register func(grpc.ServiceRegistrar, T), implementation T, callers Callers) Service {
	return Service{
		register: func(registrar grpc.ServiceRegistrar) { register(registrar, implementation) },
		callers:  callers,
	}
}

// registerOn adds the service to a server. The error names the methods that have no rule and the
// rules that have no method.
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
			problems = append(problems, fmt.Errorf("the method %s has no rule who may call it", method))
		}
	}
	for _, method := range slices.Sorted(maps.Keys(s.callers)) {
		if !methods[method] {
			problems = append(problems, fmt.Errorf("there is a rule who may call %s, and no such method", method))
		}
	}
	return errors.Join(problems...)
}

// clients says which client of the issuer speaks for which program.
type clients map[string]string

// program that a client speaks for, empty when it speaks for none. Without settings a client speaks
// for the program of its name.
func (c clients) program(client string) string {
	if len(c) == 0 {
		return client
	}
	return c[client]
}

// refusal says why a caller must not call a method, and is empty when it may.
func (b *border) refusal(method string, identity auth.Identity) string {
	if !identity.Has(auth.ScopeService) {
		return fmt.Sprintf("the token of %s lacks the scope %s", brief(identity.Subject), auth.ScopeService)
	}
	allowed := b.callers[method]
	if slices.Contains(allowed, b.clients.program(identity.Client)) {
		return ""
	}
	return fmt.Sprintf("the client %s may not call %s; %s may. GRPC_CALLERS says which client is which program",
		brief(identity.Client), method, strings.Join(allowed, ", "))
}

// brief quotes a name that the issuer chose.
func brief(name string) string { return fmt.Sprintf("%q", text.Line(name, 100)) }
