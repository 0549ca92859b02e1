package main

import (
	"fmt"
	"net"
	"strconv"
	"time"

	"go.temporal.io/sdk/worker"

	"github.com/ordersaga/ordersaga/contracts/sagas"
	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/doctor"
	"github.com/ordersaga/ordersaga/platform/rpc"
	"github.com/ordersaga/ordersaga/platform/temporalclient"
)

// settings of the worker; TEMPORAL_* are read by platform/temporalclient.
type settings struct {
	config.Admin
	Port int `env:"PORT" envDefault:"8090" desc:"the port of health and metrics"`
	config.Client
	OrdersAddr    string `env:"ORDERS_GRPC_ADDR" envDefault:"127.0.0.1:9080" desc:"host:port of the orders service's gRPC"`
	InventoryAddr string `env:"INVENTORY_GRPC_ADDR" envDefault:"127.0.0.1:9082" desc:"host:port of the inventory service's gRPC"`
	PaymentsAddr  string `env:"PAYMENTS_GRPC_ADDR" envDefault:"127.0.0.1:9083" desc:"host:port of the payments service's gRPC"`

	TaskQueue string `env:"TEMPORAL_TASK_QUEUE" desc:"the task queue to poll"`
	// DeploymentName and BuildID make this a versioned worker: both or neither.
	DeploymentName string `env:"TEMPORAL_DEPLOYMENT_NAME" desc:"the worker deployment this worker belongs to"`
	BuildID        string `env:"TEMPORAL_WORKER_BUILD_ID" desc:"the build of this worker within its deployment"`
	// StopTimeout must be longer than a local try, which a stop would otherwise cut off.
	StopTimeout time.Duration `env:"WORKER_STOP_TIMEOUT" envDefault:"15s" desc:"how long running activities get to finish at a stop, 2s to 5m"`
	// SweepInterval and SweepAge are the interval of the sweep, and the least age of the sagas it
	// resumes.
	SweepInterval time.Duration `env:"SWEEP_INTERVAL" envDefault:"1m" desc:"how often orders without a saga are looked for, 1s to 1h"`
	SweepAge      time.Duration `env:"SWEEP_AGE" envDefault:"1m" desc:"how old an unsettled order must be to be looked at, 0s to 24h"`
	// LocalPayments saves a regular activity with each order.
	LocalPayments bool `env:"WORKER_LOCAL_PAYMENTS" envDefault:"true" desc:"true to try a payment within the workflow task first, for at most 1 s, and as an activity of its own when that fails; after ten tries in a row that failed or took 800 ms, 15 s without"`
	// Concurrency is how many activities run at once.
	Concurrency int `env:"WORKER_CONCURRENCY" envDefault:"100" desc:"how many activities run at once, 1 to 10000"`
}

// AdminAddress of health and metrics, as net.Listen takes it.
func (s settings) AdminAddress() string { return net.JoinHostPort(s.AdminHost, strconv.Itoa(s.Port)) }

// checks are the checks of --check.
func (s settings) checks() []doctor.Check {
	return append(temporalclient.Checks(s.TaskQueue, sagas.SearchAttributes()...),
		auth.CheckIssuer(s.Auth),
		auth.CheckClient(s.Client),
		rpc.Check("ORDERS_GRPC_ADDR", s.OrdersAddr),
		rpc.Check("INVENTORY_GRPC_ADDR", s.InventoryAddr),
		rpc.Check("PAYMENTS_GRPC_ADDR", s.PaymentsAddr),
	)
}

// SetDefaults sets the defaults that are not literals.
func (s *settings) SetDefaults() { s.TaskQueue = sagas.TaskQueue }

// Validate checks bounds.
func (s settings) Validate() error {
	if (s.DeploymentName == "") != (s.BuildID == "") {
		return fmt.Errorf("TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID go together: set both, or neither")
	}
	if s.StopTimeout < 2*time.Second || s.StopTimeout > 5*time.Minute {
		return fmt.Errorf("WORKER_STOP_TIMEOUT must be between 2s and 5m, not %s", s.StopTimeout)
	}
	if s.SweepInterval < time.Second || s.SweepInterval > time.Hour {
		return fmt.Errorf("SWEEP_INTERVAL must be between 1s and 1h, not %s", s.SweepInterval)
	}
	if s.SweepAge < 0 || s.SweepAge > 24*time.Hour {
		return fmt.Errorf("SWEEP_AGE must be between 0s and 24h, not %s", s.SweepAge)
	}
	if s.Concurrency < 1 || s.Concurrency > 10000 {
		return fmt.Errorf("WORKER_CONCURRENCY must be between 1 and 10000, not %d", s.Concurrency)
	}
	return nil
}

func (s settings) options() worker.Options {
	options := worker.Options{
		WorkerStopTimeout:                  s.StopTimeout,
		MaxConcurrentActivityExecutionSize: s.Concurrency,
		// Local activities hold a workflow task open: there must be enough of them for all open
		// tasks.
		MaxConcurrentLocalActivityExecutionSize: s.Concurrency,
		MaxConcurrentWorkflowTaskExecutionSize:  s.Concurrency,
		MaxConcurrentWorkflowTaskPollers:        8,
		MaxConcurrentActivityTaskPollers:        8,
	}
	if s.BuildID != "" {
		options.DeploymentOptions = worker.DeploymentOptions{
			UseVersioning: true,
			Version:       worker.WorkerDeploymentVersion{DeploymentName: s.DeploymentName, BuildID: s.BuildID},
		}
	}
	return options
}
