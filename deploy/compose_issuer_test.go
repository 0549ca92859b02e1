package deploy_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

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

// importedRealm is the file with its ${…} filled in from Keycloak's environment, as Keycloak does
// before it reads the JSON.
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
// containers and by that port from here; every client exists with its secret and may have the scope
// it asks for; tokens have sub, scope and audience.
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
		// Services know by it who calls them.
		if given["OIDC_CLIENT_ID"] != name {
			wrong = append(wrong, fmt.Sprintf("%s: its client is %q, the one of its name is what services expect", name, given["OIDC_CLIENT_ID"]))
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
