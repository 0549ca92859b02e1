// Package rpc makes the gRPC calls between services: each has a deadline, a service token,
// validated messages and one trace, and business refusals arrive as *refusal.Refusal.
package rpc
