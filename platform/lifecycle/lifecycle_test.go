package lifecycle_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/ordersaga/ordersaga/platform/lifecycle"
)

func TestMain(m *testing.M) {
	if os.Getenv("LIFECYCLE_TEST_CHILD") != "" {
		child()
		return
	}
	goleak.VerifyTestMain(m)
}

// diary writes down who stopped, in order.
type diary struct {
	mu      sync.Mutex
	entries []string
}

func (d *diary) write(entry string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, entry)
}

func (d *diary) component(name string) lifecycle.Component {
	return lifecycle.Component{Name: name, Run: func(ctx context.Context) error {
		d.write("start " + name)
		<-ctx.Done()
		d.write("stop " + name)
		return ctx.Err()
	}}
}

func (d *diary) stops() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var stops []string
	for _, entry := range d.entries {
		if strings.HasPrefix(entry, "stop") {
			stops = append(stops, entry)
		}
	}
	return stops
}

func TestComponentsStopInReverseOneAfterAnother(t *testing.T) {
	var d diary
	ctx, cancel := context.WithCancel(t.Context())
	ready := lifecycle.Component{Name: "ready", Run: func(context.Context) error { cancel(); return nil }}
	err := lifecycle.Run(ctx, d.component("pool"), d.component("publisher"), d.component("server"), ready)
	require.NoError(t, err, "an orderly stop is no error")
	assert.Equal(t, []string{"stop server", "stop publisher", "stop pool"}, d.stops())
}

func TestTheFirstFailureStopsTheOthersAndIsTheError(t *testing.T) {
	var d diary
	broken := errors.New("the wire broke")
	err := lifecycle.Run(t.Context(), d.component("pool"),
		lifecycle.Component{Name: "publisher", Run: func(context.Context) error { return broken }})
	require.ErrorIs(t, err, broken)
	assert.EqualError(t, err, "publisher: the wire broke")
	assert.Equal(t, []string{"stop pool"}, d.stops())
}

func TestAPanicStopsTheOthersInOrderToo(t *testing.T) {
	var d diary
	err := lifecycle.Run(t.Context(), d.component("pool"),
		lifecycle.Component{Name: "server", Run: func(context.Context) error { panic("nil map") }})
	assert.EqualError(t, err, "server: panic: nil map")
	assert.Equal(t, []string{"stop pool"}, d.stops())
}

func TestAComponentThatIsDoneDoesNotStopTheProgram(t *testing.T) {
	var d diary
	ctx, cancel := context.WithCancel(t.Context())
	loaded := make(chan struct{})
	err := lifecycle.Run(ctx,
		lifecycle.Component{Name: "load the demo catalog", Run: func(context.Context) error { close(loaded); return nil }},
		lifecycle.Component{Name: "server", Run: func(ctx context.Context) error {
			<-loaded
			d.write("start server")
			cancel()
			<-ctx.Done()
			d.write("stop server")
			return nil
		}})
	require.NoError(t, err)
	assert.Equal(t, []string{"stop server"}, d.stops())
}

func TestAComponentThatDoesNotStopIsNamedAndLeftBehind(t *testing.T) {
	var d diary
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithCancel(t.Context())
	err := lifecycle.Run(ctx, d.component("pool"),
		lifecycle.Component{Name: "consumer", Drain: 20 * time.Millisecond, Run: func(context.Context) error { cancel(); <-release; return nil }})
	assert.EqualError(t, err, "consumer: did not stop within 20ms")
	assert.Equal(t, []string{"stop pool"}, d.stops(), "the others are still stopped")
}

func TestWhatFailsWhileStoppingIsSaid(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	unflushed := errors.New("3 spans were lost")
	err := lifecycle.Run(ctx, lifecycle.Component{Name: "telemetry", Run: func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return unflushed
	}})
	require.ErrorIs(t, err, unflushed)
}

func TestATakenPortIsOneLineThatNamesTheSetting(t *testing.T) {
	taken := listen(t)
	addr := taken.Addr().String()
	err := lifecycle.Run(t.Context(), lifecycle.HTTP("rest", &http.Server{Addr: addr}))
	assert.EqualError(t, err, "rest: "+addr+" is in use by another program: set PORT to a free port")
	err = lifecycle.Run(t.Context(), lifecycle.HTTP("admin", &http.Server{Addr: addr}, "ADMIN_PORT"))
	assert.EqualError(t, err, "admin: "+addr+" is in use by another program: set ADMIN_PORT to a free port")
	err = lifecycle.Run(t.Context(), lifecycle.GRPC("grpc", grpc.NewServer(), addr))
	assert.EqualError(t, err, "grpc: "+addr+" is in use by another program: set GRPC_PORT to a free port")
}

func TestARequestInHandIsFinished(t *testing.T) {
	listener := listen(t)
	arrived, finish := make(chan struct{}), make(chan struct{})
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-lifecycle.Draining(r.Context())
		<-finish
		if r.Context().Err() == nil {
			_, _ = io.WriteString(w, "finished")
		}
	})}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- lifecycle.Run(ctx, lifecycle.Component{Name: "rest", Run: func(ctx context.Context) error {
			return lifecycle.ServeHTTP(ctx, "rest", server, listener)
		}})
	}()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answered := make(chan string, 1)
	go func() {
		response, err := client.Get("http://" + listener.Addr().String())
		if !assert.NoError(t, err) {
			close(answered)
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answered <- string(body)
	}()
	<-arrived
	stop()
	require.Eventually(t, func() bool {
		connection, err := net.Dial("tcp", listener.Addr().String())
		if err == nil {
			connection.Close()
		}
		return err != nil
	}, time.Minute, 5*time.Millisecond, "new connections are still taken")
	close(finish)
	assert.Equal(t, "finished", <-answered)
	require.NoError(t, <-ended)
}

func TestACallInHandIsFinished(t *testing.T) {
	listener := listen(t)
	server := grpc.NewServer()
	h := &slowHealth{arrived: make(chan struct{}), finish: make(chan struct{})}
	grpc_health_v1.RegisterHealthServer(server, h)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- lifecycle.Run(ctx, lifecycle.Component{Name: "grpc", Run: func(ctx context.Context) error {
			return lifecycle.ServeGRPC(ctx, "grpc", server, listener)
		}})
	}()
	connection, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer connection.Close()
	answered := make(chan error, 1)
	go func() {
		_, err := grpc_health_v1.NewHealthClient(connection).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
		answered <- err
	}()
	<-h.arrived
	stop()
	close(h.finish)
	require.NoError(t, <-answered)
	require.NoError(t, <-ended)
}

type slowHealth struct {
	health.Server
	arrived, finish chan struct{}
}

func (h *slowHealth) Check(context.Context, *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	close(h.arrived)
	<-h.finish
	return &grpc_health_v1.HealthCheckResponse{}, nil
}

func TestSIGTERMStopsInOrder(t *testing.T) {
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), "LIFECYCLE_TEST_CHILD=1")
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	first := make([]byte, len("started\n"))
	_, err = io.ReadFull(output, first)
	require.NoError(t, err)
	require.NoError(t, command.Process.Signal(syscall.SIGTERM))
	rest, err := io.ReadAll(output)
	require.NoError(t, err)
	require.NoError(t, command.Wait(), "an orderly stop ends with status 0")
	assert.Equal(t, "server stopped\npool stopped\n", string(rest))
}

// child is the program of TestSIGTERMStopsInOrder.
func child() {
	part := func(name string, started func()) lifecycle.Component {
		return lifecycle.Component{Name: name, Run: func(ctx context.Context) error {
			started()
			<-ctx.Done()
			_, _ = os.Stdout.WriteString(name + " stopped\n")
			return nil
		}}
	}
	err := lifecycle.Run(context.Background(),
		part("pool", func() {}),
		part("server", func() { _, _ = os.Stdout.WriteString("started\n") }))
	if err != nil {
		os.Exit(1)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	return listener
}
