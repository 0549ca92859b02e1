package temporalclient

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAConnectionThatLeavesTheMachineIsEncrypted(t *testing.T) {
	const plain = "is called in plain text: set TEMPORAL_TLS=true, temporal:7233 is not this machine"
	for name, test := range map[string]struct {
		set  map[string]string
		want string
	}{
		"plain":                 {map[string]string{"TEMPORAL_ADDRESS": "temporal:7233"}, plain},
		"plain on this machine": {map[string]string{"TEMPORAL_ADDRESS": "127.0.0.1:7233"}, ""},
		"nothing":               {nil, ""}, // localhost
		"TLS":                   {map[string]string{"TEMPORAL_ADDRESS": "temporal:7233", "TEMPORAL_TLS": "true"}, ""},
		"no TLS":                {map[string]string{"TEMPORAL_ADDRESS": "temporal:7233", "TEMPORAL_TLS": "false"}, plain},
		"an API key":            {map[string]string{"TEMPORAL_ADDRESS": "temporal:7233", "TEMPORAL_API_KEY": "hunter2"}, ""},
		"an API key and no TLS": {map[string]string{"TEMPORAL_ADDRESS": "temporal:7233", "TEMPORAL_API_KEY": "hunter2", "TEMPORAL_TLS": "false"}, plain},
		"a name to expect":      {map[string]string{"TEMPORAL_ADDRESS": "temporal:7233", "TEMPORAL_TLS_SERVER_NAME": "temporal.example"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TEMPORAL_CONFIG_FILE", os.DevNull)
			for variable, value := range test.set {
				t.Setenv(variable, value)
			}
			err := encrypted()
			if test.want == "" {
				assert.NoError(t, err)
				return
			}
			assert.EqualError(t, err, test.want)
		})
	}
}
