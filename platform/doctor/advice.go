package doctor

import "strings"

// advice has a hint for each known part of an error's text. Drivers give the reason of a failed
// connection only as text.
var advice = []struct{ says, helps string }{
	{"connection refused", "Nothing listens at this address: is it started, and are host and port right?"},
	{"no such host", "The host name does not resolve on this machine: is it spelled right, and is this the right network?"},
	{"server misbehaving", "The host name does not resolve on this machine: does it have a name server?"},
	{"network is unreachable", "This machine has no route to that network."},
	{"certificate signed by unknown authority", "Its certificate is signed by an authority that this program does not trust: set the file of the authority's certificate."},
	{"certificate is valid for", "Its certificate names another host: use that name, or get a certificate for this one."},
	{"first record does not look like a TLS handshake", "The server answers in plain text and this program uses TLS: switch TLS on there, or off here."},
	{"connection reset by peer", "The server closed the connection: one side may use TLS and the other plain text."},
	{"error reading server preface", "It is not a plain-text gRPC server: it may use TLS, or be another program."},
	{"password authentication failed", "The server refuses the user or the password."},
	{"username or password not allowed", "The server refuses the user or the password, or the user may not use this vhost."},
	{"AuthenticationFailed", "The server refuses the user or the password."},
	{"ACCESS_REFUSED", "The user needs the permissions to configure, write and read in this vhost: rabbitmqctl set_permissions."},
	{"ReplicaSetNoPrimary", "The replica set has no primary that can be reached: was it initiated, and do its members' host names resolve on this machine?"},
	{"invalid_client", "The issuer has no such client id, or the secret is wrong."},
	{"unauthorized_client", "The client may not use the client credentials grant: allow it (Keycloak: service accounts)."},
	{"invalid_scope", "The issuer does not grant that scope to this client."},
	{"issuer URL provided to client", "The issuer names another URL: OIDC_ISSUER must be exactly the URL in its discovery document, also inside a container."},
	{"Request unauthorized", "Temporal refuses the API key or the certificate for this namespace."},
	{"deadline exceeded", "No answer in time: a firewall that drops packets looks like this, and so does a wrong host."},
	{"i/o timeout", "No answer in time: a firewall that drops packets looks like this, and so does a wrong host."},
}

// advise returns the hint for the first known text that an error contains, or "".
func advise(words string) string {
	for _, known := range advice {
		if strings.Contains(words, known.says) {
			return known.helps
		}
	}
	return ""
}
