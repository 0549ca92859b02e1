package rabbitmq

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// writeSettings makes the files that the broker reads. None lies in /etc, so a broker of the system
// itself stays as it is.
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
	// Removed first: the cookie is left read-only by Erlang, and a file keeps its old mode when it
	// is overwritten.
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("replacing %s: %w", path, err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return b.User.Own(path)
}

// conf creates our user in place of guest when the broker starts on an empty folder: that is when
// RabbitMQ reads the default_ settings.
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

// environment of the broker and its port mapper. RABBITMQ_ variables of the user are not passed on.
func (b *Broker) environment() []string {
	return []string{
		"PATH=" + b.binaries.path,
		"LANG=C.UTF-8",
		"HOME=" + b.home(), // the Erlang cookie lies there
		// Only names and cookies of this folder: brokers of other devstacks and of the system are
		// strangers.
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
		// Our port mapper is there already; Erlang shall not leave a daemon of its own behind.
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false",
		// With this the script becomes the broker (exec) and does not stay its parent: the process
		// id, the parent death signal and the exit status are then the broker's own.
		"RUNNING_UNDER_SYSTEMD=true",
	}
}

func (b *Broker) file(name string) string { return filepath.Join(b.Folder, name) }
func (b *Broker) home() string            { return b.file("home") }
