package deploy_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rabbitmq is a private broker of this machine with the files of compose's.
type rabbitmq struct{ port, management, metrics int }

func startRabbitMQ(t testing.TB, project *types.Project) rabbitmq {
	t.Helper()
	dir := folder(t)
	r := rabbitmq{freePort(t), freePort(t), freePort(t)}
	mapper, distribution := freePort(t), freePort(t)

	conf, err := os.ReadFile("rabbitmq/rabbitmq.conf")
	require.NoError(t, err)
	target := project.Services["rabbitmq"].Configs[0].Target
	require.Contains(t, string(conf), "load_definitions = "+target, "what compose mounts is what the broker loads")
	loaded := write(t, filepath.Join(dir, "definitions.json"), project.Configs["rabbitmq-definitions"].Content)
	plugins, err := os.ReadFile("rabbitmq/enabled_plugins")
	require.NoError(t, err)
	for _, made := range []string{"home", "mnesia", "conf.d"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, made), 0o700))
		own(t, filepath.Join(dir, made))
	}
	write(t, filepath.Join(dir, "home", ".erlang.cookie"), fmt.Sprintf("DEPLOY%d", os.Getpid()))
	require.NoError(t, os.Chmod(filepath.Join(dir, "home", ".erlang.cookie"), 0o400))
	// Loopback ports of this test's own, beside the file as it is.
	write(t, filepath.Join(dir, "conf.d", "20-ports.conf"), fmt.Sprintf(
		"listeners.tcp.1 = 127.0.0.1:%d\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = %d\n"+
			"prometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = %d\n", r.port, r.management, r.metrics))
	env := []string{
		"PATH=" + systemPath + ":/opt/homebrew/bin", "LANG=C.UTF-8", "HOME=" + filepath.Join(dir, "home"),
		fmt.Sprintf("RABBITMQ_NODENAME=deploy%d@localhost", mapper),
		"RABBITMQ_MNESIA_BASE=" + filepath.Join(dir, "mnesia"), "RABBITMQ_LOG_BASE=" + dir, "RABBITMQ_LOGS=-",
		"RABBITMQ_CONFIG_FILE=" + write(t, filepath.Join(dir, "rabbitmq.conf"), strings.ReplaceAll(string(conf), target, loaded)),
		"RABBITMQ_CONFIG_FILES=" + filepath.Join(dir, "conf.d"),
		"RABBITMQ_ADVANCED_CONFIG_FILE=" + write(t, filepath.Join(dir, "advanced.config"), "[].\n"),
		"RABBITMQ_CONF_ENV_FILE=" + write(t, filepath.Join(dir, "rabbitmq-env.conf"), ""),
		"RABBITMQ_ENABLED_PLUGINS_FILE=" + write(t, filepath.Join(dir, "enabled_plugins"), string(plugins)),
		"RABBITMQ_PID_FILE=" + filepath.Join(dir, "rabbitmq.pid"),
		"RABBITMQ_DIST_PORT=" + strconv.Itoa(distribution),
		"ERL_EPMD_PORT=" + strconv.Itoa(mapper), "ERL_EPMD_ADDRESS=127.0.0.1",
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false",
		"RUNNING_UNDER_SYSTEMD=true", // the script becomes the broker
	}
	start(t, ordinary(t), dir, env, "epmd",
		find(t, "epmd", "/usr/lib/erlang/bin/epmd", "/opt/homebrew/lib/erlang/erts-*/bin/epmd"), "-port", strconv.Itoa(mapper), "-address", "127.0.0.1")
	broker := start(t, ordinary(t), dir, env, "rabbitmq",
		find(t, "rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server", "/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server"))
	eventually(t, "RabbitMQ", func() error {
		if err := broker.running(); err != nil {
			t.Fatal(err)
		}
		// The definitions' user is there a moment before what it may do.
		_, err := get(r.api(project, "queues/ordersaga"))
		return err
	})
	return r
}

// api is a URL of the management API, as the user of the programs.
func (r rabbitmq) api(project *types.Project, path string) string {
	login, _ := url.Parse(environment(project.Services["catalog"])["AMQP_URL"])
	return (&url.URL{Scheme: "http", User: login.User, Host: "127.0.0.1:" + strconv.Itoa(r.management)}).String() + "/api/" + path
}

// knowsItsUserOnly: the user of the definitions, its virtual host, and no guest.
func (r rabbitmq) knowsItsUserOnly(t *testing.T, project *types.Project) {
	said, err := get(r.api(project, "vhosts"))
	require.NoError(t, err)
	assert.Contains(t, said, `"name":"ordersaga"`)
	queues, err := get(r.api(project, "queues/ordersaga"))
	require.NoError(t, err)
	assert.Equal(t, "[]", queues, "queues are the programs' to declare")
	_, err = get(fmt.Sprintf("http://guest:guest@127.0.0.1:%d/api/whoami", r.management))
	assert.ErrorContains(t, err, "401", "there is no guest")
}
