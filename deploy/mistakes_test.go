package deploy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
)

// TestEachMistakeInComposeIsNamed plants mistakes that compose itself would take, one at a time,
// and expects the check to say which it is.
func TestEachMistakeInComposeIsNamed(t *testing.T) {
	settings := allSettings(t)
	service := func(name string, change func(*types.ServiceConfig)) func(*types.Project) {
		return func(project *types.Project) {
			changed := project.Services[name]
			change(&changed)
			project.Services[name] = changed
		}
	}
	set := func(name, variable, value string) func(*types.Project) {
		return service(name, func(s *types.ServiceConfig) { s.Environment[variable] = &value })
	}
	drop := func(name, variable string) func(*types.Project) {
		return service(name, func(s *types.ServiceConfig) { delete(s.Environment, variable) })
	}
	for name, test := range map[string]struct {
		plant func(*types.Project)
		want  string
	}{
		"a program is missing":           {func(p *types.Project) { delete(p.Services, "paysim") }, "paysim: does not run"},
		"a job is missing":               {func(p *types.Project) { delete(p.Services, "demo") }, "demo: does not run"},
		"a program behind a profile":     {service("worker", func(s *types.ServiceConfig) { s.Profiles = []string{"app"} }), "worker: runs with the profiles [app] only"},
		"an image from a registry":       {service("demo", func(s *types.ServiceConfig) { s.Build = nil }), "demo: ordersaga/ordersaga:dev is looked for in a registry"},
		"an image of a registry first":   {service("orders", func(s *types.ServiceConfig) { s.PullPolicy = "" }), "orders: ordersaga/orders:dev is looked for in a registry"},
		"a required variable is missing": {drop("orders", "MONGODB_URI"), "orders: MONGODB_URI is required and not given"},
		"a variable is misspelt":         {set("worker", "ORDERS_GRPC_ADDRESS", "orders:9080"), "worker: ORDERS_GRPC_ADDRESS is no setting of the program"},
		"a variable of another program":  {set("paysim", "DATABASE_URL", "postgres://catalog:catalog-dev@postgres:5432/catalog"), "paysim: DATABASE_URL is no setting of the program"},
		"a port is published elsewhere": {
			service("orders", func(s *types.ServiceConfig) { s.Ports[0].Published = "8089" }), "orders: port 8080 is published as 8089",
		},
		"metrics for itself": {drop("worker", "ADMIN_HOST"), `worker: publishes ports of its own loopback: ADMIN_HOST is ""`},
		"REST for itself":    {set("paysim", "HOST", "127.0.0.1"), `paysim: publishes ports of its own loopback: HOST is "127.0.0.1"`},
		"a port is missing": {
			service("payments", func(s *types.ServiceConfig) { s.Ports = s.Ports[:2] }), "payments: publishes [8083 9083], the program listens on [8083 9083 10083]",
		},
		"a port is open to the world": {
			service("postgres", func(s *types.ServiceConfig) { s.Ports[0].HostIP = "" }), `postgres: port 5432 is published on "", not on 127.0.0.1 alone`,
		},
		"two have one port": {
			service("grafana", func(s *types.ServiceConfig) { s.Ports[0].Published = "9090" }), "prometheus: port 9090 is also grafana's",
		},
		"a mounted file is missing": {
			service("prometheus", func(s *types.ServiceConfig) { s.Volumes[1].Source += ".gone" }), "prometheus: deploy/prometheus/prometheus.yml.gone is mounted and not there",
		},
		"a file is mounted for writing": {
			service("temporal", func(s *types.ServiceConfig) { s.Volumes[0].ReadOnly = false }), "temporal: deploy/temporal/dynamicconfig.yaml is mounted for writing",
		},
		"a health check is missing":       {service("rabbitmq", func(s *types.ServiceConfig) { s.HealthCheck = nil }), "rabbitmq: has no health check"},
		"a health check is of another":    {service("orders", func(s *types.ServiceConfig) { s.HealthCheck.Test = []string{"CMD", "/orders", "--ready"} }), "orders: the health check is [CMD /orders --ready], not the program's own --ready"},
		"a health check with a shell":     {service("catalog", func(s *types.ServiceConfig) { s.HealthCheck.Test = []string{"CMD-SHELL", "/program --ready"} }), "catalog: the health check is [CMD-SHELL /program --ready], not the program's own --ready"},
		"a health check without the tool": {service("keycloak", func(s *types.ServiceConfig) { s.HealthCheck.Test = []string{"CMD", "curl", "x"} }), "keycloak: the health check runs curl, which its image is not known to have"},
		"a program is not restarted":      {service("worker", func(s *types.ServiceConfig) { s.Restart = "no" }), "worker: is not restarted when it ends"},
		"a job is restarted":              {service("setup", func(s *types.ServiceConfig) { s.Restart = "always" }), "setup: a job that is done is restarted"},
		"waiting for a start only":        {waitFor("temporal", "postgres", "service_started"), "temporal: waits for postgres by service_started"},
		"waiting for a job to be healthy": {waitFor("orders", "setup", "service_healthy"), "orders: waits for the job setup by service_healthy"},
		"waiting for what is not checked": {waitFor("catalog", "otel-collector", "service_healthy"), "catalog: waits for otel-collector, which has no health check"},
		"not waiting":                     {service("keycloak", func(s *types.ServiceConfig) { s.DependsOn = nil }), "keycloak: KC_DB_URL is postgres's address, and it does not wait for it"},
		"an image without a tag":          {service("mongodb", func(s *types.ServiceConfig) { s.Image = "mongo" }), `mongodb: "mongo" names no exact version`},
		"an image of the latest":          {service("jaeger", func(s *types.ServiceConfig) { s.Image = "jaegertracing/jaeger:latest" }), `jaeger: "jaegertracing/jaeger:latest" names no exact version`},
		"an image of a line of versions":  {service("postgres", func(s *types.ServiceConfig) { s.Image = "postgres:17" }), `postgres: "postgres:17" names no exact version`},
		"a program's image is another's":  {service("worker", func(s *types.ServiceConfig) { s.Image = "ordersaga/orders:dev" }), "worker: runs the image ordersaga/orders:dev"},
		"a program is another's":          {service("catalog", func(s *types.ServiceConfig) { name := "orders"; s.Build.Args["PROGRAM"] = &name }), "catalog: builds orders as ordersaga/catalog:dev"},
		"a program without its name":      {service("catalog", func(s *types.ServiceConfig) { delete(s.Build.Args, "PROGRAM") }), "catalog: builds no program as ordersaga/catalog:dev"},
		"a target is another's":           {service("demo", func(s *types.ServiceConfig) { s.Build.Target = "base" }), "demo: builds base as ordersaga/ordersaga:dev"},
		"rights that are not needed":      {service("orders", func(s *types.ServiceConfig) { s.CapDrop = nil }), "orders: runs with more rights than it needs"},
		"root":                            {service("paysim", func(s *types.ServiceConfig) { s.User = "0" }), "paysim: is not the user of its image"},
		"no time to finish":               {service("catalog", func(s *types.ServiceConfig) { s.StopGracePeriod = nil }), "catalog: may be killed while it finishes what it has begun"},
		"an address of nobody":            {set("orders", "CATALOG_GRPC_ADDR", "catalogue:9081"), "orders: CATALOG_GRPC_ADDR names catalogue, and there is no such service"},
		"an address with another port":    {set("worker", "PAYMENTS_GRPC_ADDR", "payments:8093"), "worker: PAYMENTS_GRPC_ADDR names port 8093, which payments does not have"},
		"a role that nobody makes":        {set("orders", "DATABASE_URL", "postgres://order:orders-dev@postgres:5432/orders"), "orders: the init script makes no role order"},
		"another's database":              {set("orders", "DATABASE_URL", "postgres://orders:orders-dev@postgres:5432/catalog"), "orders: database catalog is not orders's"},
		"another password":                {set("postgres", "CATALOG_DB_PASSWORD", "another"), "catalog: its password is not the one that CATALOG_DB_PASSWORD gives to role catalog"},
		"a role's password is missing":    {drop("postgres", "TEMPORAL_DB_PASSWORD"), "temporal: the init script makes no role temporal"},
		"Temporal's database is another":  {set("temporal", "VISIBILITY_DBNAME", "visibility"), "temporal: database visibility is not temporal's"},
		"a broker user nobody defines":    {set("catalog", "AMQP_URL", "amqp://guest:guest@rabbitmq:5672/ordersaga"), `catalog: the definitions let no such user with such a password into virtual host "ordersaga"`},
		"a virtual host nobody defines":   {set("orders", "AMQP_URL", "amqp://ordersaga:ordersaga-dev@rabbitmq:5672/"), `orders: the definitions let no such user with such a password into virtual host ""`},
		"definitions with a queue":        {definitionsWith(`"queues": [{"name": "x"}], "users"`), "rabbitmq: definitions declare what the programs declare themselves"},
		"definitions that are no JSON":    {definitionsWith(`users`), "rabbitmq: its definitions are no JSON"},
		"another password of documents":   {set("mongodb", "ORDERS_MONGODB_PASSWORD", "another"), "orders: MongoDB has no user orders with that password"},
		"another password of the cache":   {set("redis", "REDISCLI_AUTH", "another"), "catalog: its password is not that of Redis"},
		"another replica set":             {set("catalog", "MONGODB_URI", "mongodb://catalog:catalog-dev@mongodb:27017/?replicaSet=rs1&authSource=catalog"), "catalog: MONGODB_URI is for another replica set than rs0"},
		"a server of another replica set": {service("mongodb", func(s *types.ServiceConfig) { s.Command[2] = "shop" }), "mongodb: the health check makes another replica set than shop"},
		"an issuer of another name":       {set("orders", "OIDC_ISSUER", "http://keycloak:8085/realms/ordersaga"), "orders: OIDC_ISSUER is http://keycloak:8085/realms/ordersaga, Keycloak's is http://auth.localhost:8085/realms/ordersaga"},
		"an issuer without its alias":     {service("keycloak", func(s *types.ServiceConfig) { s.Networks = nil }), "keycloak: KC_HOSTNAME does not lead to it from another container"},
		"an issuer on two ports":          {service("keycloak", func(s *types.ServiceConfig) { s.Ports[0].Published = "8180" }), "keycloak: its port outside is not the one inside"},
		"a client that is not there":      {set("worker", "OIDC_CLIENT_ID", "workers"), `worker: Keycloak has no client "workers" with that secret`},
		"a client with another secret":    {set("orders", "OIDC_CLIENT_SECRET", "another"), `orders: Keycloak has no client "orders" with that secret`},
		"a secret that the realm needs":   {drop("keycloak", "WORKER_CLIENT_SECRET"), "keycloak: the realm needs WORKER_CLIENT_SECRET"},
		"another audience":                {set("payments", "OIDC_AUDIENCE", "shop"), `payments: tokens are meant for "ordersaga", not "shop"`},
		"a client of another program":     {set("worker", "OIDC_CLIENT_ID", "orders"), `worker: its client is "orders"`},
		"a client without the scope":      {set("demo", "OIDC_CLIENT_ID", "orders"), "demo: its client may not have the scope ordersaga.operator"},
		"a job without what it needs":     {drop("setup", "TEMPORAL_NAMESPACE"), "setup: TEMPORAL_NAMESPACE is required and not given"},
		"a job that does something else":  {service("demo", func(s *types.ServiceConfig) { s.Command = []string{"verify"} }), "demo: runs [verify]"},
	} {
		t.Run(name, func(t *testing.T) {
			project := load(t)
			test.plant(project)
			found := problems(t, project, settings)
			assert.True(t, slices.ContainsFunc(found, func(line string) bool { return strings.HasPrefix(line, test.want) }),
				"wanted: %s\nfound:  %s", test.want, strings.Join(found, "\n        "))
		})
	}
}

func waitFor(name, other, condition string) func(*types.Project) {
	return func(project *types.Project) {
		project.Services[name].DependsOn[other] = types.ServiceDependency{Condition: condition}
	}
}

// definitionsWith puts a text in the place of the first "users".
func definitionsWith(text string) func(*types.Project) {
	return func(project *types.Project) {
		changed := project.Configs["rabbitmq-definitions"]
		changed.Content = strings.Replace(changed.Content, `"users"`, text, 1)
		project.Configs["rabbitmq-definitions"] = changed
	}
}
