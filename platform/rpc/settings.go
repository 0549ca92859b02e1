package rpc

import "github.com/ordersaga/ordersaga/platform/config"

// DialSettings are the variables that Dial reads.
func DialSettings() []config.Setting {
	return []config.Setting{
		config.File("GRPC_TLS_CA", "a file with the authorities that the services' certificates are trusted by; without it gRPC is plain text"),
	}
}

// ServerSettings are the variables that ServerTLS reads.
func ServerSettings() []config.Setting {
	return []config.Setting{
		config.File("GRPC_TLS_CERT", "a file with the certificate of our gRPC; with GRPC_TLS_KEY, or neither"),
		config.File("GRPC_TLS_KEY", "a file with the key of that certificate"),
	}
}
