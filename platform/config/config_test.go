package config_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/config"
)

type settings struct {
	config.Server
	config.Client
	DatabaseURL config.Secret `env:"DATABASE_URL,required" desc:"a PostgreSQL URL"`
	Hold        time.Duration `env:"HOLD" envDefault:"15m"`
	Workers     int           `env:"WORKERS" envDefault:"4"`
	APIToken    int           `env:"API_TOKEN"`
}

func (s *settings) SetDefaults() { s.Port = 8080 }

func (s settings) Validate() error {
	if s.Hold < time.Second || s.Hold > 24*time.Hour {
		return fmt.Errorf("HOLD must be between 1s and 24h, not %s", s.Hold)
	}
	return nil
}

func enough(more ...string) []string {
	return append([]string{
		"DATABASE_URL=postgres://u:hunter2@h/d", "OIDC_ISSUER=https://id.example.com",
		"OIDC_CLIENT_ID=shop", "OIDC_CLIENT_SECRET=hunter4",
	}, more...)
}

func TestDefaultsAreOfTheProgramAndOfTheTags(t *testing.T) {
	cfg, err := config.LoadFrom[settings](enough())
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:8080", cfg.Address())
	assert.Equal(t, "127.0.0.1:9080", cfg.GRPCAddress())
	assert.Equal(t, "127.0.0.1:10080", cfg.AdminAddress())
	assert.Equal(t, "ordersaga", cfg.Audience)
	assert.True(t, cfg.Production(), "production unless said otherwise")
	assert.Equal(t, 15*time.Minute, cfg.Hold)
}

func TestTheEnvironmentWinsOverDefaults(t *testing.T) {
	cfg, err := config.LoadFrom[settings](enough("PORT=7000", "ADMIN_PORT=7777", "ADMIN_HOST=::1", "ADMIN_PPROF=true", "HOST=0.0.0.0", "HOLD=1m"))
	require.NoError(t, err)
	assert.Equal(t, "0.0.0.0:7000", cfg.Address())
	assert.Equal(t, "0.0.0.0:8000", cfg.GRPCAddress())
	assert.Equal(t, "[::1]:7777", cfg.AdminAddress())
	assert.True(t, cfg.Profiles)
	assert.Equal(t, time.Minute, cfg.Hold)
}

func TestTheAdminListenerStaysOnLoopbackWhateverHostSays(t *testing.T) {
	cfg, err := config.LoadFrom[settings](enough("HOST=0.0.0.0"))
	require.NoError(t, err)
	assert.Equal(t, "0.0.0.0:8080", cfg.Address())
	assert.Equal(t, "127.0.0.1:10080", cfg.AdminAddress())
	assert.False(t, cfg.Profiles)
}

func TestAnEmptyVariableCountsAsNotSet(t *testing.T) {
	cfg, err := config.LoadFrom[settings](enough("PORT=", "HOLD= "))
	require.NoError(t, err)
	assert.Equal(t, 8080, cfg.Port)
	assert.Equal(t, 15*time.Minute, cfg.Hold)

	_, err = config.LoadFrom[settings](enough("DATABASE_URL="))
	assert.EqualError(t, err, "DATABASE_URL is required: a PostgreSQL URL")
}

func TestEveryProblemIsOneLineNamingItsVariable(t *testing.T) {
	_, err := config.LoadFrom[settings]([]string{"PORT=eighty", "HOLD=soon", "API_TOKEN=hunter2"})
	var problems *config.Error
	require.True(t, errors.As(err, &problems))
	assert.ElementsMatch(t, []string{
		`PORT must be a whole number, not "eighty": the REST port`,
		`OIDC_ISSUER is required: the URL of the OpenID Connect issuer whose tokens are trusted`,
		`OIDC_CLIENT_ID is required: the client id of this program at the issuer`,
		`OIDC_CLIENT_SECRET is required: the client secret of this program at the issuer`,
		`DATABASE_URL is required: a PostgreSQL URL`,
		`HOLD must be a duration like 500ms or 10s, not "soon"`,
		`API_TOKEN must be a whole number`,
	}, problems.Problems)
	assert.NotContains(t, err.Error(), "hunter2", "a secret is not echoed")
}

func TestBoundsAreChecked(t *testing.T) {
	for name, test := range map[string]struct {
		set  string
		want string
	}{
		"own bound":                  {"HOLD=100h", "HOLD must be between 1s and 24h, not 100h0m0s"},
		"port":                       {"PORT=70000", "PORT must be a port between 0 and 65535, not 70000"},
		"derived port":               {"PORT=64000", "ADMIN_PORT must be a port between 0 and 65535, not 66000"},
		"environment":                {"ORDERSAGA_ENV=staging", `ORDERSAGA_ENV must be production or development, not "staging"`},
		"issuer is no URL":           {"OIDC_ISSUER=id.example.com", `OIDC_ISSUER must be an https URL, not "id.example.com"`},
		"plain issuer in production": {"OIDC_ISSUER=http://127.0.0.1:8180", `OIDC_ISSUER must be an https URL in production, not "http://127.0.0.1:8180"; ORDERSAGA_ENV=development allows http`},
		"password in the issuer":     {"OIDC_ISSUER=https://u:hunter2@id.example.com", "OIDC_ISSUER must not hold a user or password: they belong in OIDC_CLIENT_ID and OIDC_CLIENT_SECRET"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.LoadFrom[settings](enough(test.set))
			require.Error(t, err)
			assert.Contains(t, strings.Split(err.Error(), "\n"), test.want)
		})
	}
	_, err := config.LoadFrom[settings](enough("OIDC_ISSUER=http://127.0.0.1:8180", "ORDERSAGA_ENV=development"))
	assert.NoError(t, err, "development allows a plain issuer")
}

func TestASecretIsNotPrinted(t *testing.T) {
	cfg, err := config.LoadFrom[settings](enough("OIDC_CLIENT_SECRET=hunter3"))
	require.NoError(t, err)
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("start", "config", cfg, "secret", cfg.ClientSecret)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("start", "config", cfg, "secret", cfg.ClientSecret)
	everything := logged.String() + fmt.Sprintf("%v %+v %#v %s", cfg, cfg, cfg, cfg.ClientSecret)
	assert.NotContains(t, everything, "hunter")
	assert.Equal(t, "hunter3", cfg.ClientSecret.Reveal())
}
