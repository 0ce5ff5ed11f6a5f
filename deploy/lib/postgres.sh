# postgres.sh - a private PostgreSQL: a unix socket and a loopback port, passwords on both.
# shellcheck shell=bash

# The bin folder of the version the data was made with, else of the newest that is installed.
postgres_bin() {
    local version
    if [ -s "$data/postgres/PG_VERSION" ]; then
        version=$(cat "$data/postgres/PG_VERSION")
        [ -x "/usr/lib/postgresql/$version/bin/postgres" ] ||
            fail "$data/postgres was made by PostgreSQL $version, which is not installed" \
                "install it: apt-get install postgresql-$version"
    else
        version=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null |
            sort -n | tail -n 1)
        [ -n "$version" ] || fail "PostgreSQL is not installed" "apt-get install postgresql"
    fi
    echo "/usr/lib/postgresql/$version/bin"
}

# Built beside and moved into place: an interrupted initdb leaves nothing that looks finished.
postgres_make() {
    local bin=$1 new=$data/postgres.new
    [ ! -s "$data/postgres/PG_VERSION" ] || return 0
    rm -rf "$new"
    folder "$new" 700 "$user_postgres"
    secret postgres_admin | secret_file initdb_password "$user_postgres"
    as_user "$user_postgres" "$bin/initdb" --pgdata="$new" --username=execgov_admin \
        --auth=scram-sha-256 --pwfile="$secrets/initdb_password" --encoding=UTF8 --locale=C.UTF-8 \
        --data-checksums --no-instructions >"$logs/initdb.log" 2>&1 </dev/null ||
        fail_with_log "initdb failed" "$logs/initdb.log" "is there room? df -h $data"
    rm -f "$secrets/initdb_password"
    echo "include = 'execgov.conf'" >>"$new/postgresql.conf"
    mv "$new" "$data/postgres"
}

postgres_configure() {
    cat >"$config/postgres.conf" <<CONF
# Written by quickstart at every start; put your own settings into postgresql.conf, above the include.
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = '$sockets/postgres'
max_connections = 200
shared_buffers = 256MB
max_wal_size = 2GB
wal_compression = on
password_encryption = 'scram-sha-256'
log_line_prefix = '%m %u@%d '
timezone = 'UTC'
CONF
    cmp -s "$config/postgres.conf" "$data/postgres/execgov.conf" || {
        cp "$config/postgres.conf" "$data/postgres/execgov.conf"
        ! is_root || chown "$user_postgres" "$data/postgres/execgov.conf"
    }
}

# Passfiles instead of passwords in arguments: the operator's has the superuser, the programs' has not.
postgres_passfiles() {
    local name
    for name in postgres_admin postgres_platform postgres_stripe postgres_egress; do
        secret "$name" >/dev/null
    done
    echo "*:*:*:execgov_admin:$(secret postgres_admin)" | secret_file admin.pgpass "$(id -un)"
    {
        echo "*:*:*:execgov_platform:$(secret postgres_platform)"
        echo "*:*:*:execgov_lifecycle:$(secret postgres_platform)"
        echo "*:*:*:*:$(secret postgres_stripe)"
    } | secret_file programs.pgpass "$user_programs"
    echo "*:*:*:execgov_egress:$(secret postgres_egress)" | secret_file egress.pgpass "$user_egress"
}

postgres_psql() {
    "$postgres_folder/psql" --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 \
        "$postgres_operator_conninfo dbname=$1" "${@:2}"
}

# Sets postgres_port, postgres_conninfo (programs: without user), postgres_operator_conninfo.
postgres_start() {
    postgres_folder=$(postgres_bin)
    postgres_passfiles
    postgres_make "$postgres_folder"
    postgres_port=$(port_of postgres)
    postgres_configure "$postgres_port"
    local place="host='$sockets/postgres' port=$postgres_port"
    postgres_conninfo="$place dbname=execgov passfile='$secrets/programs.pgpass'"
    postgres_operator_conninfo="$place user=execgov_admin passfile='$secrets/admin.pgpass'"
    process_start postgres "$user_postgres" "$config/postgres.conf" \
        "$postgres_folder/postgres" -D "$data/postgres" || true
    process_ready postgres 60 "$postgres_folder/pg_isready" -q -h "$sockets/postgres" -p "$postgres_port"
    if [ -z "$(postgres_psql postgres -c "select 1 from pg_database where datname = 'execgov'")" ]; then
        postgres_psql postgres -c "create database execgov"
    fi
}

# Fast shutdown: sessions are ended, the data is written.
postgres_stop() {
    process_stop postgres INT 60
}
