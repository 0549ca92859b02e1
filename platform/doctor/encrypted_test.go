package doctor

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWhichHostsAreThisMachine(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1:5432": true, "127.8.0.1": true, "[::1]:5432": true, "::1": true, "[::1]": true,
		"localhost": true, "LOCALHOST.:1": true, "db.localhost:5432": true,
		"0.0.0.0:5432": false, "": false, ":5432": false, "10.0.0.1": false, "db:5432": false, "localhost.example.com": false, "notlocalhost": false,
	} {
		assert.Equal(t, want, Local(host), host)
	}
}

func TestWhatIsUnencryptedIsNamedALineEach(t *testing.T) {
	fine := func() error { return nil }
	assert.NoError(t, Unencrypted([]Check{{Subject: "A"}, {Subject: "B", Encrypted: fine}}))
	err := Unencrypted([]Check{
		{Subject: "DATABASE_URL", Encrypted: func() error { return errors.New("must have sslmode=require: db is not this machine") }},
		{Subject: "B", Encrypted: fine},
		{Subject: "AMQP_URL", Encrypted: func() error { return errors.New("must begin with amqps: mq is not this machine") }},
	})
	assert.EqualError(t, err, "DATABASE_URL must have sslmode=require: db is not this machine; ORDERSAGA_ENV=development allows plain text\n"+
		"AMQP_URL must begin with amqps: mq is not this machine; ORDERSAGA_ENV=development allows plain text")
}
