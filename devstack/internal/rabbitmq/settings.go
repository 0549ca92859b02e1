package rabbitmq

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// writeSettings writes the broker's configuration files. None is in /etc, so an installed broker is
// not changed.
func (b *Broker) writeSettings() error {
	for _, folder := range []string{b.home(), b.file("mnesia"), b.file("conf.d")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return fmt.Errorf("making a folder of the broker: %w", err)
		}
		if err := b.User.Own(folder); err != nil {
			return err
		}
	}
	for path, content := range map[string]string{
		b.file("rabbitmq.conf"):                   b.conf(),
		b.file("advanced.config"):                 "[].\n",
		b.file("rabbitmq-env.conf"):               "",
		b.file("enabled_plugins"):                 "[rabbitmq_management].\n",
		filepath.Join(b.home(), ".erlang.cookie"): b.Cookie,
	} {
		if err := b.writeFile(path, content); err != nil {
			return err
		}
	}
	return nil
}

func (b *Broker) writeFile(path, content string) error {
	// Removed first: Erlang makes the cookie read-only, and an overwritten file keeps its mode.
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("replacing %s: %w", path, err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return b.User.Own(path)
}

// conf creates our user instead of guest. RabbitMQ reads the default_ settings only when it starts
// on an empty folder.
func (b *Broker) conf() string {
	return strings.Join([]string{
		"listeners.tcp.1 = " + net.JoinHostPort(b.Host, strconv.Itoa(b.Port)),
		"management.tcp.ip = " + b.Host,
		"management.tcp.port = " + strconv.Itoa(b.ManagementPort),
		"default_user = " + Username,
		"default_pass = " + b.Password,
		"default_user_tags.administrator = true",
		"default_permissions.configure = .*",
		"default_permissions.read = .*",
		"default_permissions.write = .*",
		"log.console = true",
		"log.console.level = info",
	}, "\n") + "\n"
}

// environment returns the environment of the broker and its port mapper, without the user's
// RABBITMQ_ variables.
func (b *Broker) environment() []string {
	return []string{
		"PATH=" + b.binaries.path,
		"LANG=C.UTF-8",
		"HOME=" + b.home(), // the Erlang cookie lies there
		// Only names and cookies of this folder, so that it does not connect to brokers of other
		// devstacks or of the system.
		"RABBITMQ_NODENAME=" + b.Node,
		"RABBITMQ_MNESIA_BASE=" + b.file("mnesia"),
		"RABBITMQ_LOG_BASE=" + b.Folder,
		"RABBITMQ_LOGS=-",
		"RABBITMQ_CONFIG_FILE=" + b.file("rabbitmq.conf"),
		"RABBITMQ_CONFIG_FILES=" + b.file("conf.d"),
		"RABBITMQ_ADVANCED_CONFIG_FILE=" + b.file("advanced.config"),
		"RABBITMQ_CONF_ENV_FILE=" + b.file("rabbitmq-env.conf"),
		"RABBITMQ_ENABLED_PLUGINS_FILE=" + b.file("enabled_plugins"),
		"RABBITMQ_PID_FILE=" + b.file("rabbitmq.pid"),
		"RABBITMQ_DIST_PORT=" + strconv.Itoa(b.DistributionPort),
		"ERL_EPMD_PORT=" + strconv.Itoa(b.EPMDPort),
		"ERL_EPMD_ADDRESS=127.0.0.1",
		// Our port mapper runs already; Erlang must not start another one, which would keep
		// running.
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false",
		// With this the script execs the broker and is not its parent: process id, parent death
		// signal and exit status are those of the broker.
		"RUNNING_UNDER_SYSTEMD=true",
	}
}

func (b *Broker) file(name string) string { return filepath.Join(b.Folder, name) }
func (b *Broker) home() string            { return b.file("home") }
