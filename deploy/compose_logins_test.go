package deploy_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

// tenant is a role that the init script makes of a variable, and its databases.
type tenant struct {
	role, variable string
	databases      []string
}

// tenants of a compose file; TestEachRoleHasItsOwnDatabases… shows that the script makes them.
func tenants(project *types.Project) (found []tenant) {
	for _, variable := range sortedKeys(environment(project.Services["postgres"])) {
		name, password := strings.CutSuffix(variable, "_DB_PASSWORD")
		if !password {
			continue
		}
		role := strings.ToLower(name)
		databases := []string{role}
		if role == "temporal" {
			databases = append(databases, "temporal_visibility")
		}
		found = append(found, tenant{role, variable, databases})
	}
	return found
}

// databaseRoles: every login is that of a role the init script makes, with the password it gives
// it.
func databaseRoles(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	passwords := environment(project.Services["postgres"])
	check := func(service, user, password, database string) {
		for _, tenant := range tenants(project) {
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

// cacheLogin: who connects has the password of Redis.
func cacheLogin(_ testing.TB, project *types.Project, _ known) (wrong []string) {
	for _, name := range project.ServiceNames() {
		value := environment(project.Services[name])["REDIS_URL"]
		if value == "" {
			continue
		}
		parsed, err := url.Parse(value)
		if err != nil {
			wrong = append(wrong, name+": REDIS_URL is no URL")
			continue
		}
		if password, _ := parsed.User.Password(); password != environment(project.Services["redis"])["REDISCLI_AUTH"] {
			wrong = append(wrong, name+": its password is not that of Redis")
		}
	}
	return wrong
}

// documentLogin: who connects is a user that the init script of MongoDB makes.
func documentLogin(t testing.TB, project *types.Project, _ known) (wrong []string) {
	t.Helper()
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
		// mongodb/10-users.js makes a user of each such variable.
		if password == "" || password != environment(server)[strings.ToUpper(user)+"_MONGODB_PASSWORD"] {
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
