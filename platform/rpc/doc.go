// Package rpc is how services call each other: gRPC with a deadline, a service token, checked
// messages and one trace on every call, and with business refusals that arrive as what they left
// as.
package rpc
