package doctor

import "strings"

// advice is what usually helps, by what an error says. Drivers wrap the reasons of a failed
// connection in texts, so texts are what there is to go by.
var advice = []struct{ says, helps string }{
	{"connection refused", "Nobody listens there: is it started, and are host and port right?"},
	{"no such host", "The name does not resolve from here: is it spelled right, and is this the network it belongs to?"},
	{"server misbehaving", "The name does not resolve from here: does this machine have a name server?"},
	{"network is unreachable", "There is no way to that network from here."},
	{"certificate signed by unknown authority", "Its certificate is signed by an authority that is not trusted here: set the file of the authority's certificate."},
	{"certificate is valid for", "Its certificate names another host: use that name, or have the certificate made for this one."},
	{"first record does not look like a TLS handshake", "It answers in plain text and we speak TLS: switch TLS on there, or off here."},
	{"connection reset by peer", "It hung up: one side may speak TLS and the other plain text."},
	{"error reading server preface", "It is not a plain-text gRPC server: it may want TLS, or be something else."},
	{"password authentication failed", "It answers and refuses the user or the password."},
	{"username or password not allowed", "It answers and refuses the user or the password, or the user may not use this vhost."},
	{"AuthenticationFailed", "It answers and refuses the user or the password."},
	{"ACCESS_REFUSED", "The user needs the permissions to configure, write and read in this vhost: rabbitmqctl set_permissions."},
	{"ReplicaSetNoPrimary", "The replica set has no primary that can be reached: was it initiated, and do its members' host names resolve from here?"},
	{"invalid_client", "The issuer does not know this client id, or the secret is another one."},
	{"unauthorized_client", "The client may not ask for tokens in its own name: allow it client credentials (Keycloak: service accounts)."},
	{"invalid_scope", "The issuer does not grant that scope to this client."},
	{"issuer URL provided to client", "The issuer calls itself otherwise: OIDC_ISSUER must be exactly the URL it says, also from inside a container."},
	{"Request unauthorized", "Temporal refuses the API key or the certificate for this namespace."},
	{"deadline exceeded", "No answer in time: a firewall that drops packets looks like this, and so does a wrong host."},
	{"i/o timeout", "No answer in time: a firewall that drops packets looks like this, and so does a wrong host."},
}

// advise finds the first that fits, or nothing.
func advise(words string) string {
	for _, known := range advice {
		if strings.Contains(words, known.says) {
			return known.helps
		}
	}
	return ""
}
