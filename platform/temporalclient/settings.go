package temporalclient

import "github.com/ordersaga/ordersaga/platform/config"

// Settings are the variables that Dial reads, by the names of the SDK's envconfig.
func Settings() []config.Setting {
	return []config.Setting{
		config.Text("TEMPORAL_ADDRESS", "localhost:7233", "host:port of the Temporal frontend"),
		config.Text("TEMPORAL_NAMESPACE", "default", "the namespace of the sagas"),
		config.Text("TEMPORAL_API_KEY", "", "an API key, as Temporal Cloud gives; switches TLS on"),
		config.Text("TEMPORAL_TLS", "", "true to speak TLS; implied by an API key or a certificate"),
		config.PathOf("TEMPORAL_TLS_CLIENT_CERT_PATH", "a file with our certificate, for mTLS"),
		config.Text("TEMPORAL_TLS_CLIENT_CERT_DATA", "", "our certificate itself, instead of a file"),
		config.PathOf("TEMPORAL_TLS_CLIENT_KEY_PATH", "a file with the key of our certificate"),
		config.Text("TEMPORAL_TLS_CLIENT_KEY_DATA", "", "the key itself, instead of a file"),
		config.PathOf("TEMPORAL_TLS_SERVER_CA_CERT_PATH", "a file with the authorities to trust, when not the system's"),
		config.Text("TEMPORAL_TLS_SERVER_CA_CERT_DATA", "", "the authorities themselves, instead of a file"),
		config.Text("TEMPORAL_TLS_SERVER_NAME", "", "the name to expect in the server's certificate, when not that of the address"),
		config.Text("TEMPORAL_TLS_DISABLE_HOST_VERIFICATION", "", "true to accept any name in the server's certificate"),
		config.Text("TEMPORAL_CLIENT_AUTHORITY", "", "the :authority of the calls, when a proxy needs it"),
		config.Text("TEMPORAL_GRPC_META_*", "", "a header sent with every call, by its name"),
		config.PathOf("TEMPORAL_CONFIG_FILE", "a TOML file with profiles of these settings; by default the one of the temporal command"),
		config.Text("TEMPORAL_PROFILE", "default", "the profile of that file"),
	}
}
