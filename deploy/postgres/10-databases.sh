#!/bin/sh
# A role and the databases it owns, for every program that keeps something in
# PostgreSQL: the role can do all in its own and cannot connect to another's.
#
# The image runs this once, on an empty volume. It can be run again at any time:
# what exists stays, and each role gets the password that the environment has now.
#
#	docker compose exec postgres /docker-entrypoint-initdb.d/10-databases.sh
set -eu

# The server's log quotes a statement that failed, and some of these hold a password.
quietly="SET log_min_error_statement = panic;"

sql() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres --output /dev/null "$@"; }

# admit ROLE PASSWORD DATABASE... The password goes through the environment: what
# is on a command line, every process of the machine can read.
admit() {
	role=$1
	export ROLE_PASSWORD="$2"
	shift 2
	sql --set role="$role" <<-SQL
		$quietly
		\\getenv password ROLE_PASSWORD
		SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \\gexec
		SELECT format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD %L', :'role', :'password') \\gexec
	SQL
	for database in "$@"; do
		sql --set role="$role" --set database="$database" <<-SQL
			SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0', :'database', :'role')
				WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \\gexec
			SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'database') \\gexec
		SQL
	done
	unset ROLE_PASSWORD
}

sql --command 'REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC'

# A program NAME whose NAME_DB_PASSWORD is given has the database of its name.
for role in $(env | sed -n 's/^\([A-Z]*\)_DB_PASSWORD=.*/\1/p' | tr '[:upper:]' '[:lower:]'); do
	databases=$role
	[ "$role" != temporal ] || databases="temporal temporal_visibility"
	password=$(printenv "$(printf %s "$role" | tr '[:lower:]' '[:upper:]')_DB_PASSWORD")
	[ -n "$password" ] || {
		echo "10-databases.sh: the password of $role is empty" >&2
		exit 1
	}
	# Each of its databases is a word.
	# shellcheck disable=SC2086
	admit "$role" "$password" $databases
done
