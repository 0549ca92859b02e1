package mongodb

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAConnectionThatLeavesTheMachineIsEncrypted(t *testing.T) {
	for uri, want := range map[string]string{
		"mongodb://u:hunter2@db:27017/?tls=true":                 "",
		"mongodb://u:hunter2@db:27017/?ssl=true":                 "",
		"mongodb://u:hunter2@db:27017/?replicaSet=rs0":           "must have tls=true: db:27017 is not this machine",
		"mongodb://u:hunter2@db:27017/?tls=false":                "must have tls=true: db:27017 is not this machine",
		"mongodb://u:hunter2@127.0.0.1:27017,db:27017/":          "must have tls=true: db:27017 is not this machine",
		"mongodb://u:hunter2@127.0.0.1:27017/":                   "",
		"mongodb://localhost":                                    "",
		"mongodb://%2Ftmp%2Fmongodb-27017.sock/":                 "",
		"mongodb+srv://u:hunter2@cluster.example.net/":           "",
		"mongodb+srv://u:hunter2@cluster.example.net/?tls=false": "must have tls=true",
		"mongodb+srv://u:hunter2@cluster.example.net/?ssl=false": "must have tls=true",
		"http://u:hunter2@db/":                                   "is no MongoDB URI",
	} {
		err := encrypted(uri)
		if want == "" {
			assert.NoError(t, err, uri)
			continue
		}
		assert.EqualError(t, err, want, uri)
	}
}
