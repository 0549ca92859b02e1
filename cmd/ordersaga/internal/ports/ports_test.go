package ports_test

import (
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/ports"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

func TestServicesKeepTheirDistanceBetweenRESTAndGRPCAndAdmin(t *testing.T) {
	decided, err := ports.Decide(0, nil)
	require.NoError(t, err)
	assert.Equal(t, 8080, decided[programs.Orders])
	assert.Equal(t, 9080, decided[ports.GRPC(programs.Orders)])
	assert.Equal(t, 10080, decided[ports.Admin(programs.Orders)])

	decided, err = ports.Decide(100, map[string]int{programs.Orders: 7000, ports.GRPC(programs.Catalog): 7777})
	require.NoError(t, err)
	assert.Equal(t, 7000, decided[programs.Orders], "a number asked for is not shifted")
	assert.Equal(t, 8000, decided[ports.GRPC(programs.Orders)], "gRPC follows the REST port asked for")
	assert.Equal(t, 8181, decided[programs.Catalog])
	assert.Equal(t, 7777, decided[ports.GRPC(programs.Catalog)])
	assert.Equal(t, 10181, decided[ports.Admin(programs.Catalog)])
	assert.Equal(t, 7333, decided[ports.Temporal])
}

func TestImpossiblePortsAreSaidInOneLine(t *testing.T) {
	for name, test := range map[string]struct {
		offset int
		asked  map[string]int
		want   string
	}{
		"unknown name": {0, map[string]int{"order": 1}, `there is no port named "order"`},
		"too high":     {60000, nil, "paysim would listen on 68084, which is no port"},
		"zero":         {0, map[string]int{"paysim": 0}, "paysim would listen on 0, which is no port"},
		"twice":        {0, map[string]int{"worker": 8080}, "orders and worker would both listen on 8080"},
		"derived":      {0, map[string]int{"worker": 9080}, "orders-grpc and worker would both listen on 9080"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ports.Decide(test.offset, test.asked)
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func TestTheEnvironmentSetsPortsAndTheCommandLineWins(t *testing.T) {
	t.Setenv("ORDERSAGA_PORT_ORDERS_GRPC", "4000")
	t.Setenv("ORDERSAGA_PORT_PAYSIM", "4001")
	t.Setenv("ORDERSAGA_PORT_WORKER", "")
	asked, err := ports.Asked(map[string]int{programs.Paysim: 5001})
	require.NoError(t, err)
	assert.Equal(t, map[string]int{ports.GRPC(programs.Orders): 4000, programs.Paysim: 5001}, asked)

	t.Setenv("ORDERSAGA_PORT_PAYSIM", "many")
	_, err = ports.Asked(nil)
	assert.EqualError(t, err, `ORDERSAGA_PORT_PAYSIM must be a port number, not "many"`)
}

func TestATakenPortIsOneLineNamingWhoWantsItAndTheFlag(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	number := listener.Addr().(*net.TCPAddr).Port

	taken := ports.Ports{}
	free := freePorts(t, len(ports.Names()))
	for i, name := range ports.Names() {
		taken[name] = free[i]
	}
	require.NoError(t, taken.CheckFree(true))
	taken[programs.Payments] = number
	assert.EqualError(t, taken.CheckFree(true), "port "+strconv.Itoa(number)+
		" is in use by another program and needed by payments: choose another with --port payments=NUMBER, or move all with --port-offset N")
}

// freePorts are held together and then let go, so that they are distinct.
func freePorts(t *testing.T, count int) []int {
	t.Helper()
	numbers := make([]int, count)
	for i := range numbers {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer listener.Close()
		numbers[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return numbers
}
