// Package programs names the programs that call others over gRPC. A service says
// with these names who may call its methods. At the issuer of tokens each has a
// client of its own, by default of the same name (the setting GRPC_CALLERS).
package programs

const (
	// Orders asks for prices.
	Orders = "orders"
	// Inventory asks whether a step may be undone.
	Inventory = "inventory"
	// Payments asks whether a step may be undone.
	Payments = "payments"
	// Worker does the steps of sagas.
	Worker = "worker"
)
