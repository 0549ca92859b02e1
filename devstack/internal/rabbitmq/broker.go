package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/ordersaga/ordersaga/devstack/internal/process"
	"github.com/ordersaga/ordersaga/devstack/internal/progress"
)

// Username of the administrator; there is no guest.
const Username = "ordersaga"

// Broker is a private RabbitMQ. The fields are set before Run.
type Broker struct {
	// Folder of the server, which User owns.
	Folder string
	User   *process.User
	// Log of the broker.
	Log string
	// Records of running children.
	Records string
	// Host to listen on, and ConnectHost to reach it by.
	Host, ConnectHost string
	// Ports for AMQP, the management API, and the two that Erlang needs on loopback.
	Port, ManagementPort, DistributionPort, EPMDPort int
	// Node is the Erlang name. It must not change, because the data is in a folder of that name.
	Node string
	// Password of the administrator, and the Erlang cookie.
	Password, Cookie string
	Print            *progress.Printer
	Restarted        func(pid int)

	binaries binaries
	mapper   process.Service
	service  process.Service
}

var (
	mapperSteps = []process.Step{{Signal: syscall.SIGTERM, Grace: 2 * time.Second}}
	// On SIGTERM the broker closes its connections and writes its data.
	brokerSteps = []process.Step{{Signal: syscall.SIGTERM, Grace: 30 * time.Second}}
)

// EndLeftovers stops processes that a killed devstack left running, and reports whether there were
// any.
func EndLeftovers(records string) (bool, error) {
	broker, err := process.EndLeftover(records, "rabbitmq", brokerSteps...)
	if err != nil {
		return broker, err
	}
	mapper, err := process.EndLeftover(records, "epmd", mapperSteps...)
	return broker || mapper, err
}

// Run starts the broker and returns when it answers.
func (b *Broker) Run(ctx context.Context) error {
	var err error
	if b.binaries, err = findBinaries(); err != nil {
		return err
	}
	if err := b.writeSettings(); err != nil {
		return err
	}
	b.mapper = process.Service{
		Name: "epmd", Start: b.startMapper, Answers: b.mapperAnswers, Patience: 30 * time.Second,
		Steps: mapperSteps, Restarted: func(int) {}, Print: b.Print,
	}
	if err := b.mapper.Run(ctx); err != nil {
		return err
	}
	b.service = process.Service{
		Name: "rabbitmq", Start: b.start, Answers: b.answers, Patience: 3 * time.Minute,
		Steps: brokerSteps, Restarted: b.Restarted, Print: b.Print,
	}
	return b.service.Run(ctx)
}

// Stop ends the broker and then its port mapper; at once when hurry is closed.
func (b *Broker) Stop(hurry <-chan struct{}) {
	b.service.Stop(hurry)
	b.mapper.Stop(hurry)
}

// Pid of the broker.
func (b *Broker) Pid() int { return b.service.Pid() }

// MapperPid is the process id of the Erlang port mapper.
func (b *Broker) MapperPid() int { return b.mapper.Pid() }

// URL to connect by AMQP to the virtual host "/".
func (b *Broker) URL() string { return b.url("amqp", b.Port).String() + "/" }

// ManagementURL is the address of the management API and page.
func (b *Broker) ManagementURL() string { return b.url("http", b.ManagementPort).String() }

func (b *Broker) url(scheme string, port int) *url.URL {
	return &url.URL{Scheme: scheme, User: url.UserPassword(Username, b.Password), Host: net.JoinHostPort(b.ConnectHost, strconv.Itoa(port))}
}

func (b *Broker) startMapper(context.Context) (*process.Child, error) {
	return process.Start(process.Program{
		Name: "epmd", Path: b.binaries.epmd,
		Args: []string{"-port", strconv.Itoa(b.EPMDPort), "-address", "127.0.0.1"},
		Env:  b.environment(), Dir: b.Folder, User: b.User, Log: b.Log, Records: b.Records, Death: syscall.SIGKILL,
	})
}

func (b *Broker) mapperAnswers(ctx context.Context) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(b.EPMDPort)))
	if err != nil {
		return fmt.Errorf("connecting to the Erlang port mapper: %w", err)
	}
	return conn.Close()
}

func (b *Broker) start(context.Context) (*process.Child, error) {
	return process.Start(process.Program{
		Name: "rabbitmq", Path: b.binaries.server, Env: b.environment(),
		Dir: b.Folder, User: b.User, Log: b.Log, Records: b.Records, Death: syscall.SIGKILL,
	})
}

// direct never uses a proxy of the environment.
var direct = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}

// answers when a client can log in and the management API knows the user.
func (b *Broker) answers(ctx context.Context) error {
	conn, err := amqp.DialConfig(b.URL(), amqp.Config{Dial: amqp.DefaultDial(3 * time.Second)})
	if err != nil {
		return fmt.Errorf("connecting by AMQP: %w", err)
	}
	if err := conn.CloseDeadline(time.Now().Add(3 * time.Second)); err != nil {
		return fmt.Errorf("closing the AMQP connection: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.ManagementURL()+"/api/whoami", nil)
	if err != nil {
		return fmt.Errorf("asking the management API: %w", err)
	}
	response, err := direct.Do(request)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) { // its text has the address with the password
			err = failed.Err
		}
		return fmt.Errorf("asking the management API: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("asking the management API: it answers %s", response.Status)
	}
	return nil
}
