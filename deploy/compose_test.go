package deploy_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestComposeRunsTheEnginesAloneAndAllWithTheProfileApp(t *testing.T) {
	engines := []string{
		"grafana", "jaeger", "keycloak", "mongodb", "otel-collector", "postgres", "prometheus", "rabbitmq",
		"setup", "temporal", "temporal-schema", "temporal-ui",
	}
	assert.ElementsMatch(t, engines, load(t).ServiceNames())
	assert.ElementsMatch(t, append(append(engines, programs...), "demo"), load(t, "app").ServiceNames())
}

func TestComposeIsInOrder(t *testing.T) {
	settings := allSettings(t)
	for _, profiles := range [][]string{nil, {"app"}} {
		t.Run(fmt.Sprintf("profiles %v", profiles), func(t *testing.T) {
			assert.Empty(t, problems(t, load(t, profiles...), settings))
		})
	}
}

// checks of the file as a whole. Each says what is wrong in a line that names the
// service; TestEachMistakeInComposeIsNamed plants a mistake for each.
var checks = []func(testing.TB, *types.Project, known) []string{
	variablesOfPrograms, portsOfPrograms, portsAreOnLoopback, mountsExist, healthChecks, startOrder, pinnedImages,
	hardened, addressesAreReal, databaseRoles, brokerLogin, documentLogin, issuerAndClients, jobsOfOurs,
}

func problems(t testing.TB, project *types.Project, settings known) []string {
	t.Helper()
	var found []string
	for _, check := range checks {
		found = append(found, check(t, project, settings)...)
	}
	return found
}

// variablesOfPrograms: every required one is given and none is unknown.
func variablesOfPrograms(_ testing.TB, project *types.Project, settings known) (wrong []string) {
	for _, program := range programs {
		given := environment(project.Services[program])
		if len(given) == 0 {
			continue // not in this profile
		}
		for _, name := range sortedKeys(given) {
			if _, found := settings.find(program, name); !found {
				wrong = append(wrong, fmt.Sprintf("%s: %s is no setting of the program", program, name))
			}
		}
		for _, s := range settings[program] {
			if s.Required && given[s.Name] == "" {
				wrong = append(wrong, fmt.Sprintf("%s: %s is required and not given", program, s.Name))
			}
		}
	}
	return wrong
}

// portsOfPrograms: those of `make run`, inside and outside.
func portsOfPrograms(_ testing.TB, project *types.Project, settings known) (wrong []string) {
	for _, program := range programs {
		service, here := project.Services[program]
		if !here {
			continue
		}
		var published []int
		for _, port := range service.Ports {
			if port.Published != strconv.Itoa(int(port.Target)) {
				wrong = append(wrong, fmt.Sprintf("%s: port %d is published as %s", program, port.Target, port.Published))
			}
			published = append(published, int(port.Target))
		}
		slices.Sort(published)
		if want := settings.ports(program); !slices.Equal(published, want) {
			wrong = append(wrong, fmt.Sprintf("%s: publishes %v, the program listens on %v", program, published, want))
		}
	}
	return wrong
}

func portsAreOnLoopback(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	taken := map[string]string{}
	for _, name := range project.ServiceNames() {
		for _, port := range project.Services[name].Ports {
			if port.HostIP != "127.0.0.1" {
				wrong = append(wrong, fmt.Sprintf("%s: port %d is published on %q, not on 127.0.0.1 alone", name, port.Target, port.HostIP))
			}
			if other := taken[port.Published]; other != "" {
				wrong = append(wrong, fmt.Sprintf("%s: port %s is also %s's", name, port.Published, other))
			}
			taken[port.Published] = name
		}
	}
	return wrong
}

func mountsExist(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	for _, name := range project.ServiceNames() {
		for _, mount := range project.Services[name].Volumes {
			switch mount.Type {
			case types.VolumeTypeBind:
				if _, err := os.Stat(mount.Source); err != nil {
					wrong = append(wrong, fmt.Sprintf("%s: %s is mounted and not there", name, relative(mount.Source)))
				}
				if !mount.ReadOnly {
					wrong = append(wrong, fmt.Sprintf("%s: %s is mounted for writing", name, relative(mount.Source)))
				}
			case types.VolumeTypeVolume:
				if _, named := project.Volumes[mount.Source]; !named {
					wrong = append(wrong, fmt.Sprintf("%s: volume %q is not declared", name, mount.Source))
				}
			}
		}
	}
	return wrong
}

func relative(path string) string {
	base, err := filepath.Abs(root)
	if err != nil {
		return path
	}
	if short, err := filepath.Rel(base, path); err == nil {
		return short
	}
	return path
}

// jobs end; everything else is to run until it is stopped.
var jobs = []string{"temporal-schema", "setup", "demo"}

// unchecked services, and why.
var unchecked = map[string]string{
	"otel-collector": "its image holds the collector alone, no program that could ask it; nobody waits for it",
}

// tools that the images of the engines have, looked up in their Dockerfiles. Ours have
// nothing but the program.
var tools = map[string][]string{
	"postgres": {"pg_isready"}, "rabbitmq": {"rabbitmq-diagnostics"}, "mongodb": {"mongosh"},
	"temporal": {"wget"}, "temporal-ui": {"wget"}, "jaeger": {"wget"}, // Alpine's busybox
	"prometheus": {"wget"}, "grafana": {"wget"}, "keycloak": {"bash"},
}

func healthChecks(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	for _, name := range project.ServiceNames() {
		service := project.Services[name]
		if slices.Contains(jobs, name) {
			if service.Restart != "" {
				wrong = append(wrong, name+": a job that is done is restarted")
			}
			continue
		}
		if service.Restart != "unless-stopped" {
			wrong = append(wrong, name+": is not restarted when it ends")
		}
		if unchecked[name] != "" {
			continue
		}
		health := service.HealthCheck
		if health == nil || health.Disable || len(health.Test) < 2 {
			wrong = append(wrong, name+": has no health check")
			continue
		}
		tool := strings.Fields(health.Test[1])[0]
		if slices.Contains(programs, name) {
			if !slices.Equal(health.Test, []string{"CMD", "/" + name, "--ready"}) {
				wrong = append(wrong, fmt.Sprintf("%s: the health check is %v, not the program's own --ready", name, health.Test))
			}
		} else if !slices.Contains(tools[name], tool) {
			wrong = append(wrong, fmt.Sprintf("%s: the health check runs %s, which its image is not known to have", name, tool))
		}
		if health.Interval == nil || health.Timeout == nil || health.StartPeriod == nil {
			wrong = append(wrong, name+": the health check has no interval, timeout or start period")
		}
	}
	return wrong
}

// startOrder: who waits, waits for something that can come true.
func startOrder(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	for _, name := range project.ServiceNames() {
		service := project.Services[name]
		for _, other := range sortedKeys(service.DependsOn) {
			condition := service.DependsOn[other].Condition
			job := slices.Contains(jobs, other)
			switch {
			case job && condition != types.ServiceConditionCompletedSuccessfully:
				wrong = append(wrong, fmt.Sprintf("%s: waits for the job %s by %s", name, other, condition))
			case !job && condition != types.ServiceConditionHealthy:
				wrong = append(wrong, fmt.Sprintf("%s: waits for %s by %s", name, other, condition))
			case !job && unchecked[other] != "":
				wrong = append(wrong, fmt.Sprintf("%s: waits for %s, which has no health check", name, other))
			}
		}
		// Who is given another's address at start has to wait for it.
		for variable, value := range environment(service) {
			for _, at := range addressesIn(value) {
				other := serviceOf(project, at.host)
				if other == "" || other == name || unchecked[other] != "" || strings.HasPrefix(variable, "ORDERSAGA_URL_") {
					continue
				}
				if !waitsFor(project, name, other, map[string]bool{}) {
					wrong = append(wrong, fmt.Sprintf("%s: %s is %s's address, and it does not wait for it", name, variable, other))
				}
			}
		}
	}
	return wrong
}

func waitsFor(project *types.Project, name, other string, seen map[string]bool) bool {
	if seen[name] {
		return false
	}
	seen[name] = true
	for dependency := range project.Services[name].DependsOn {
		if dependency == other || waitsFor(project, dependency, other, seen) {
			return true
		}
	}
	return false
}

// exact is a tag that names one release: three numbers, or two where a project has
// no third (PostgreSQL).
var exact = regexp.MustCompile(`^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$`)

func pinnedImages(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	for _, name := range project.ServiceNames() {
		service := project.Services[name]
		if ours := strings.HasPrefix(service.Image, "ordersaga/"); ours {
			program := strings.TrimSuffix(strings.TrimPrefix(service.Image, "ordersaga/"), ":dev")
			if slices.Contains(programs, name) && program != name {
				wrong = append(wrong, fmt.Sprintf("%s: runs the image %s", name, service.Image))
			}
			if service.Build != nil && service.Build.Target != program {
				wrong = append(wrong, fmt.Sprintf("%s: builds the target %s as %s", name, service.Build.Target, service.Image))
			}
			continue
		}
		if !exact.MatchString(service.Image) {
			wrong = append(wrong, fmt.Sprintf("%s: %q names no exact version", name, service.Image))
		}
	}
	return wrong
}

// longestStop is what the slowest program, orders, may take to stop: its
// terminationGracePeriodSeconds in kubernetes/base, which a test there adds up.
const longestStop = 195 * time.Second

// hardened: what our containers may not do, and that they have time to finish.
func hardened(_ testing.TB, project *types.Project, settings known) (wrong []string) {
	for _, name := range project.ServiceNames() {
		service := project.Services[name]
		if !strings.HasPrefix(service.Image, "ordersaga/") {
			continue
		}
		if !service.ReadOnly || !slices.Contains(service.CapDrop, "ALL") || !slices.Contains(service.SecurityOpt, "no-new-privileges:true") {
			wrong = append(wrong, name+": runs with more rights than it needs")
		}
		if service.Privileged || service.User != "" {
			wrong = append(wrong, name+": is not the user of its image")
		}
		if slices.Contains(programs, name) && (service.StopGracePeriod == nil || time.Duration(*service.StopGracePeriod) < longestStop) {
			wrong = append(wrong, name+": may be killed while it finishes what it has begun")
		}
	}
	return wrong
}

// address is a host and a port that a value names.
type address struct {
	host string
	port int
}

var hostPort = regexp.MustCompile(`(?:^|[/@,])([a-z][a-z0-9.-]*|\d+\.\d+\.\d+\.\d+):(\d{2,5})(?:[/?,]|$)`)

func addressesIn(value string) (found []address) {
	for _, match := range hostPort.FindAllStringSubmatch(value, -1) {
		port, _ := strconv.Atoi(match[2])
		found = append(found, address{match[1], port})
	}
	return found
}

// serviceOf is the service that a host name reaches from within a container.
func serviceOf(project *types.Project, host string) string {
	for name, service := range project.Services {
		if name == host {
			return name
		}
		for _, network := range service.Networks {
			if network != nil && slices.Contains(network.Aliases, host) {
				return name
			}
		}
	}
	return ""
}

// listens tells whether a service has a port, published or only exposed.
func listens(service types.ServiceConfig, port int) bool {
	for _, published := range service.Ports {
		if int(published.Target) == port {
			return true
		}
	}
	return slices.Contains(service.Expose, strconv.Itoa(port))
}

func addressesAreReal(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	for _, name := range project.ServiceNames() {
		given := environment(project.Services[name])
		for _, variable := range sortedKeys(given) {
			for _, at := range addressesIn(given[variable]) {
				if at.host == "127.0.0.1" || at.host == "0.0.0.0" || at.host == "localhost" {
					continue
				}
				other := serviceOf(project, at.host)
				if other == "" {
					wrong = append(wrong, fmt.Sprintf("%s: %s names %s, and there is no such service", name, variable, at.host))
				} else if !listens(project.Services[other], at.port) {
					wrong = append(wrong, fmt.Sprintf("%s: %s names port %d, which %s does not have", name, variable, at.port, other))
				}
			}
		}
	}
	return wrong
}

// tenant is a line of the init script: a role, the variable of its password, its databases.
type tenant struct {
	role, variable string
	databases      []string
}

func tenants(t testing.TB) (found []tenant) {
	t.Helper()
	script, err := os.ReadFile("postgres/10-databases.sh")
	require.NoError(t, err)
	for _, match := range regexp.MustCompile(`(?m)^admit (\w+) "\$(\w+)" ([\w ]+)$`).FindAllStringSubmatch(string(script), -1) {
		found = append(found, tenant{match[1], match[2], strings.Fields(match[3])})
	}
	require.NotEmpty(t, found)
	return found
}

// databaseRoles: every login is that of a role the init script makes, with the password it gives it.
func databaseRoles(t testing.TB, project *types.Project, _ known) (wrong []string) {
	passwords := environment(project.Services["postgres"])
	check := func(service, user, password, database string) {
		for _, tenant := range tenants(t) {
			if tenant.role == user {
				if !slices.Contains(tenant.databases, database) {
					wrong = append(wrong, fmt.Sprintf("%s: database %s is not %s's", service, database, user))
				}
				if passwords[tenant.variable] != password {
					wrong = append(wrong, fmt.Sprintf("%s: its password is not the one that %s gives to role %s", service, tenant.variable, user))
				}
				return
			}
		}
		wrong = append(wrong, fmt.Sprintf("%s: the init script makes no role %s", service, user))
	}
	for _, tenant := range tenants(t) {
		if passwords[tenant.variable] == "" {
			wrong = append(wrong, fmt.Sprintf("postgres: the init script needs %s", tenant.variable))
		}
	}
	for _, name := range project.ServiceNames() {
		env := environment(project.Services[name])
		if value := env["DATABASE_URL"]; value != "" {
			parsed, err := url.Parse(value)
			if err != nil {
				wrong = append(wrong, name+": DATABASE_URL is no URL")
				continue
			}
			password, _ := parsed.User.Password()
			check(name, parsed.User.Username(), password, strings.TrimPrefix(parsed.Path, "/"))
		}
		switch name {
		case "temporal":
			check(name, env["POSTGRES_USER"], env["POSTGRES_PWD"], env["DBNAME"])
			check(name, env["POSTGRES_USER"], env["POSTGRES_PWD"], env["VISIBILITY_DBNAME"])
		case "temporal-schema":
			for _, match := range regexp.MustCompile(`--db (\w+)`).FindAllStringSubmatch(strings.Join(project.Services[name].Command, "\n"), -1) {
				check(name, env["SQL_USER"], env["SQL_PASSWORD"], match[1])
			}
		case "keycloak":
			check(name, env["KC_DB_USERNAME"], env["KC_DB_PASSWORD"], env["KC_DB_URL"][strings.LastIndex(env["KC_DB_URL"], "/")+1:])
		}
	}
	return wrong
}

// definitions of the broker.
type definitions struct {
	Users []struct {
		Name     string   `json:"name"`
		Password string   `json:"password"`
		Tags     []string `json:"tags"`
	} `json:"users"`
	Vhosts []struct {
		Name string `json:"name"`
	} `json:"vhosts"`
	Permissions []struct {
		User  string `json:"user"`
		Vhost string `json:"vhost"`
	} `json:"permissions"`
	Queues    []any `json:"queues"`
	Exchanges []any `json:"exchanges"`
}

// brokerLogin: who connects is a user of the definitions with rights on the virtual host.
func brokerLogin(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	var defined definitions
	if err := json.Unmarshal([]byte(project.Configs["rabbitmq-definitions"].Content), &defined); err != nil {
		return []string{"rabbitmq: its definitions are no JSON: " + err.Error()}
	}
	if len(defined.Queues)+len(defined.Exchanges) > 0 {
		wrong = append(wrong, "rabbitmq: definitions declare what the programs declare themselves")
	}
	for _, name := range project.ServiceNames() {
		value := environment(project.Services[name])["AMQP_URL"]
		if value == "" {
			continue
		}
		parsed, err := url.Parse(value)
		if err != nil {
			wrong = append(wrong, name+": AMQP_URL is no URL")
			continue
		}
		password, _ := parsed.User.Password()
		vhost := strings.TrimPrefix(parsed.Path, "/")
		user, permitted, there := false, false, false
		for _, u := range defined.Users {
			user = user || u.Name == parsed.User.Username() && u.Password == password
		}
		for _, v := range defined.Vhosts {
			there = there || v.Name == vhost
		}
		for _, p := range defined.Permissions {
			permitted = permitted || p.User == parsed.User.Username() && p.Vhost == vhost
		}
		if !user || !permitted || !there {
			wrong = append(wrong, fmt.Sprintf("%s: the definitions let no such user with such a password into virtual host %q", name, vhost))
		}
	}
	return wrong
}

// documentLogin: who connects is a user that the init script of MongoDB makes.
func documentLogin(t testing.TB, project *types.Project, _ known) (wrong []string) {
	t.Helper()
	script, err := os.ReadFile("mongodb/10-users.js")
	require.NoError(t, err)
	named := regexp.MustCompile(`of \[("[^\]]+")\]`).FindStringSubmatch(string(script))
	require.NotNil(t, named, "the list of users in mongodb/10-users.js")
	health, err := os.ReadFile("mongodb/health.js")
	require.NoError(t, err)
	server := project.Services["mongodb"]
	at := slices.Index(server.Command, "--replSet")
	if at < 0 || at+1 >= len(server.Command) {
		return []string{"mongodb: is no replica set"}
	}
	set := server.Command[at+1]
	if !strings.Contains(string(health), `_id: "`+set+`"`) || !strings.Contains(string(health), `setName === "`+set+`"`) {
		wrong = append(wrong, fmt.Sprintf("mongodb: the health check makes another replica set than %s", set))
	}
	for _, name := range project.ServiceNames() {
		env := environment(project.Services[name])
		if env["MONGODB_URI"] == "" {
			continue
		}
		parsed, err := url.Parse(env["MONGODB_URI"])
		if err != nil {
			wrong = append(wrong, name+": MONGODB_URI is no URI")
			continue
		}
		user := parsed.User.Username()
		password, _ := parsed.User.Password()
		if !strings.Contains(named[1], `"`+user+`"`) || password == "" ||
			password != environment(server)[strings.ToUpper(user)+"_MONGODB_PASSWORD"] {
			wrong = append(wrong, fmt.Sprintf("%s: MongoDB has no user %s with that password", name, user))
		}
		if parsed.Query().Get("authSource") != user || env["MONGODB_DATABASE"] != user {
			wrong = append(wrong, fmt.Sprintf("%s: the user %s is of, and for, the database %s", name, user, user))
		}
		if parsed.Query().Get("replicaSet") != set {
			wrong = append(wrong, fmt.Sprintf("%s: MONGODB_URI is for another replica set than %s", name, set))
		}
	}
	return wrong
}

// realm is what is imported into Keycloak.
type realm struct {
	Realm        string `json:"realm"`
	ClientScopes []struct {
		Name       string            `json:"name"`
		Attributes map[string]string `json:"attributes"`
		Mappers    []struct {
			Mapper string            `json:"protocolMapper"`
			Config map[string]string `json:"config"`
		} `json:"protocolMappers"`
	} `json:"clientScopes"`
	ScopeMappings []struct {
		ClientScope string   `json:"clientScope"`
		Roles       []string `json:"roles"`
	} `json:"scopeMappings"`
	Clients []realmClient `json:"clients"`
	Users   []struct {
		Username      string   `json:"username"`
		Email         string   `json:"email"`
		FirstName     string   `json:"firstName"`
		LastName      string   `json:"lastName"`
		ServiceClient string   `json:"serviceAccountClientId"`
		RealmRoles    []string `json:"realmRoles"`
		Credentials   []struct {
			Value string `json:"value"`
		} `json:"credentials"`
	} `json:"users"`
}

type realmClient struct {
	ClientID        string   `json:"clientId"`
	Secret          string   `json:"secret"`
	Public          bool     `json:"publicClient"`
	ServiceAccounts bool     `json:"serviceAccountsEnabled"`
	DirectGrants    bool     `json:"directAccessGrantsEnabled"`
	Default         []string `json:"defaultClientScopes"`
	Optional        []string `json:"optionalClientScopes"`
}

var placeholder = regexp.MustCompile(`\$\{(\w+)\}`)

// importedRealm is the file with its ${…} filled in from Keycloak's environment, as
// Keycloak does before it reads the JSON.
func importedRealm(t testing.TB, project *types.Project) (imported realm, missing []string) {
	t.Helper()
	file, err := os.ReadFile("keycloak/ordersaga-realm.json")
	require.NoError(t, err)
	env := environment(project.Services["keycloak"])
	filled := placeholder.ReplaceAllStringFunc(string(file), func(match string) string {
		name := placeholder.FindStringSubmatch(match)[1]
		if env[name] == "" {
			missing = append(missing, fmt.Sprintf("keycloak: the realm needs %s", name))
		}
		return env[name]
	})
	require.NoError(t, json.Unmarshal([]byte(filled), &imported), "keycloak/ordersaga-realm.json")
	return imported, missing
}

// issuerAndClients: the issuer is what Keycloak calls itself, reachable by that name from
// containers and by that port from here; every client exists with its secret and may have
// the scope it asks for; tokens have sub, scope and audience.
func issuerAndClients(t testing.TB, project *types.Project, _ known) (wrong []string) {
	t.Helper()
	imported, wrong := importedRealm(t, project)
	server := project.Services["keycloak"]
	env := environment(server)
	issuer := env["KC_HOSTNAME"] + "/realms/" + imported.Realm
	host, err := url.Parse(env["KC_HOSTNAME"])
	if err != nil || serviceOf(project, host.Hostname()) != "keycloak" || host.Port() != env["KC_HTTP_PORT"] {
		wrong = append(wrong, "keycloak: KC_HOSTNAME does not lead to it from another container")
	}
	if len(server.Ports) != 1 || server.Ports[0].Published != env["KC_HTTP_PORT"] || strconv.Itoa(int(server.Ports[0].Target)) != env["KC_HTTP_PORT"] {
		wrong = append(wrong, "keycloak: its port outside is not the one inside, so that the issuer would have two URLs")
	}

	audience, sub, scopes := "", "", map[string]bool{}
	for _, scope := range imported.ClientScopes {
		scopes[scope.Name] = true
		if strings.HasPrefix(scope.Name, "ordersaga.") && scope.Name != "ordersaga.audience" && scope.Attributes["include.in.token.scope"] != "true" {
			wrong = append(wrong, fmt.Sprintf("keycloak: scope %s would not be in tokens", scope.Name))
		}
		for _, mapper := range scope.Mappers {
			if mapper.Config["access.token.claim"] != "true" {
				continue
			}
			switch mapper.Mapper {
			case "oidc-audience-mapper":
				audience = scope.Name
				for _, name := range project.ServiceNames() {
					if want := environment(project.Services[name])["OIDC_AUDIENCE"]; want != "" && want != mapper.Config["included.custom.audience"] {
						wrong = append(wrong, fmt.Sprintf("%s: tokens are meant for %q, not %q", name, mapper.Config["included.custom.audience"], want))
					}
				}
			case "oidc-sub-mapper":
				sub = scope.Name
			}
		}
	}
	if audience == "" || sub == "" {
		wrong = append(wrong, "keycloak: tokens would have no audience or no sub")
	}
	if !slices.ContainsFunc(imported.ScopeMappings, func(m struct {
		ClientScope string   `json:"clientScope"`
		Roles       []string `json:"roles"`
	},
	) bool {
		return m.ClientScope == "ordersaga.operator" && slices.Contains(m.Roles, "operator")
	}) {
		wrong = append(wrong, "keycloak: everybody would be an operator")
	}

	clients := map[string]realmClient{}
	for _, client := range imported.Clients {
		clients[client.ClientID] = client
		for _, scope := range slices.Concat(client.Default, client.Optional) {
			if !scopes[scope] {
				wrong = append(wrong, fmt.Sprintf("keycloak: client %s has the scope %s, which is not there", client.ClientID, scope))
			}
		}
		if !slices.Contains(client.Default, audience) || !slices.Contains(client.Default, sub) {
			wrong = append(wrong, fmt.Sprintf("keycloak: tokens of client %s have no audience or no sub", client.ClientID))
		}
	}
	for _, name := range project.ServiceNames() {
		given := environment(project.Services[name])
		if given["OIDC_ISSUER"] == "" {
			continue
		}
		if given["OIDC_ISSUER"] != issuer {
			wrong = append(wrong, fmt.Sprintf("%s: OIDC_ISSUER is %s, Keycloak's is %s", name, given["OIDC_ISSUER"], issuer))
		}
		if given["OIDC_CLIENT_ID"] == "" {
			continue // it verifies tokens and needs none
		}
		client := clients[given["OIDC_CLIENT_ID"]]
		if client.Secret == "" || client.Secret != given["OIDC_CLIENT_SECRET"] || client.Public || !client.ServiceAccounts {
			wrong = append(wrong, fmt.Sprintf("%s: Keycloak has no client %q with that secret and an account of its own", name, given["OIDC_CLIENT_ID"]))
		}
		scope := "ordersaga.service"
		if name == "demo" {
			scope = "ordersaga.operator"
		}
		if !slices.Contains(slices.Concat(client.Default, client.Optional), scope) {
			wrong = append(wrong, fmt.Sprintf("%s: its client may not have the scope %s", name, scope))
		}
	}
	// Who has which rights, people included.
	operators := map[string]bool{}
	for _, user := range imported.Users {
		operators[user.Username] = slices.Contains(user.RealmRoles, "operator")
		person := user.ServiceClient == ""
		if person && (user.Email == "" || user.FirstName == "" || user.LastName == "" || len(user.Credentials) != 1) {
			wrong = append(wrong, fmt.Sprintf("keycloak: the account of %s is not fully set up, so it gets no token", user.Username))
		}
	}
	if !operators["demo-operator"] || operators["demo-shopper"] || !operators["service-account-demo"] {
		wrong = append(wrong, "keycloak: operators are not demo-operator and the account of the client demo")
	}
	if shop := clients["shop"]; !shop.DirectGrants || !slices.Contains(shop.Default, "ordersaga.operator") {
		wrong = append(wrong, "keycloak: client shop gives people no tokens")
	}
	return wrong
}

// jobsOfOurs run commands of ordersaga that exist and need what they are given.
func jobsOfOurs(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	for name, needed := range map[string][]string{
		"setup": {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"},
		"demo":  {"OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "ORDERSAGA_URL_CATALOG", "ORDERSAGA_URL_INVENTORY"},
	} {
		service, here := project.Services[name]
		if !here {
			continue
		}
		if len(service.Command) == 0 || service.Command[0] != name {
			wrong = append(wrong, fmt.Sprintf("%s: runs %v", name, service.Command))
		}
		for _, variable := range needed {
			if environment(service)[variable] == "" {
				wrong = append(wrong, fmt.Sprintf("%s: %s is required and not given", name, variable))
			}
		}
	}
	return wrong
}
