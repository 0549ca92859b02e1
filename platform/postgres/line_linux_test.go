package postgres

import (
	"net"
	"net/url"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/testkit"
)

// Packets that vanish cannot be made without privileges. What the kernels on both ends do about
// them is what they are told here.
func TestBothKernelsAreToldToNoticeASilentLine(t *testing.T) {
	databaseURL := testkit.Postgres(t)
	db, err := Open(t.Context(), databaseURL)
	require.NoError(t, err)
	defer db.Close()
	for setting, want := range map[string]string{
		"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "3", "tcp_keepalives_count": "3", "tcp_user_timeout": "15000",
		"idle_in_transaction_session_timeout": "10s",
	} {
		var is string
		require.NoError(t, db.SQL.QueryRowContext(t.Context(), `SELECT current_setting($1)`, setting).Scan(&is))
		assert.Equal(t, want, is, "%s, as the server's kernel has it", setting)
	}

	parsed, err := url.Parse(databaseURL)
	require.NoError(t, err)
	conn, err := dial(t.Context(), "tcp", parsed.Host)
	require.NoError(t, err)
	defer conn.Close()
	raw, err := conn.(marked).Conn.(*net.TCPConn).SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) {
		for option, want := range map[int]int{
			syscall.TCP_KEEPIDLE: 5, syscall.TCP_KEEPINTVL: 3, syscall.TCP_KEEPCNT: 3, tcpUserTimeout: 15_000,
		} {
			is, err := syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, option)
			assert.NoError(t, err)
			assert.Equal(t, want, is, "option %d", option)
		}
	}))
}
