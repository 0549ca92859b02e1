package rpc

import "github.com/ordersaga/ordersaga/platform/config"

// DialSettings are the variables that Dial reads.
func DialSettings() []config.Setting {
	return []config.Setting{
		config.PathOf("GRPC_TLS_CA", "a file with the authorities that the services' certificates are trusted by; without it gRPC is plain text"),
	}
}

// ServerSettings are the settings of a service's gRPC server, except for its address.
type ServerSettings struct {
	Certificate config.File `env:"GRPC_TLS_CERT" desc:"a file with the certificate of our gRPC; with GRPC_TLS_KEY, or neither"`
	Key         config.File `env:"GRPC_TLS_KEY" desc:"a file with the key of that certificate"`
	// Callers has the program of each client of the issuer. Without it a client is the program of
	// its name.
	Callers map[string]string `env:"GRPC_CALLERS" desc:"which client of the issuer is which program that calls us, like 0oa1b2:orders,0oa3c4:worker; by default each program has the client of its name"`
}
