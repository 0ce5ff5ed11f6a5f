# egress.sh - execgov-egress with its key file, and the example's partner API that it calls.
#
# As root it is a user of its own: nobody else reads its key file or its password for PostgreSQL.
# shellcheck shell=bash

egress_start() {
    local port keys=$secrets/egress.keys socket=$sockets/egress/egress.sock
    folder "$sockets/egress" 755 "$user_egress"
    if [ ! -s "$keys" ]; then
        "$programs/execgov-egress" new-key "$keys" || fail "the key file $keys cannot be made" "ls -l $secrets"
    fi
    ! is_root || chown "$user_egress" "$keys"
    port=$(port_of egress)
    # Another login than the programs', and no Redis.
    local postgres_conninfo=${postgres_conninfo/programs.pgpass/egress.pgpass} redis_address=
    daemon_configure egress "health = 127.0.0.1:$port" "key_file = $keys" "socket = $socket" \
        "allow_user = $(id -u "$user_programs")"
    daemon_command egress execgov-egress
    process_start egress "$user_egress" "$config/egress.ini" "${daemon_words[@]}" || true
    process_ready egress "$DAEMON_READY_SECONDS" daemon_ready egress "$port"
}

# The partner of the examples: a program of its own, on loopback, with a token made here.
partner_start() {
    local server=$data/partner/server.py
    folder "$data/partner" 755
    cmp -s "$source_folder/examples/partner-api/server.py" "$server" ||
        cp "$source_folder/examples/partner-api/server.py" "$server"
    secret partner >/dev/null
    secret partner | secret_file partner.token "$user_programs"
    partner_port=$(port_of partner 8090)
    process_start partner "$user_programs" "$server" \
        /usr/bin/python3 -I -B "$server" "$partner_port" "$secrets/partner.token" || true
    process_ready partner 20 curl --silent --fail --noproxy '*' --max-time 5 --output /dev/null \
        "http://127.0.0.1:$partner_port/health"
}

partner_cli() {
    env EXECGOV_URL="http://127.0.0.1:$api_port" EXECGOV_TOKEN="$people_platform_token" \
        EXECGOV_CONFIG_DIR="$home/cli" "$programs/execgov" "$@" >>"$logs/partner-setup.log" 2>&1
}

# What a platform administrator does for a partner: open the network it is in, keep its token, define it, grant.
partner_define() {
    local definition=$data/partner/resource.json
    sed "s/127\.0\.0\.1:8090/127.0.0.1:$partner_port/" "$source_folder/examples/partner-api/resource.json" \
        >"$definition"
    # The script names the address itself; where 8090 was taken, its copy names the port that was free.
    rm -rf "$data/partner/partner-orders"
    cp -r "$source_folder/examples/partner-orders" "$data/partner/partner-orders"
    sed -i "s/127\.0\.0\.1:8090/127.0.0.1:$partner_port/" "$data/partner/partner-orders/main.py"
    : >"$logs/partner-setup.log"
    partner_cli network open resource 127.0.0.0/8 --comment "the examples' partner on this machine" ||
        grep -q conflict "$logs/partner-setup.log" ||
        fail_with_log "loopback could not be opened for resources" "$logs/partner-setup.log" "see $logs/api.log"
    secret partner | partner_cli credential create partner --value-file - ||
        grep -q 'credential of this name' "$logs/partner-setup.log" ||
        fail_with_log "the partner's credential could not be kept" "$logs/partner-setup.log" \
            "is execgov-egress running? $logs/egress.log"
    if ! partner_cli resource put partner "$definition" --credential partner ||
        ! partner_cli resource grant partner --everybody; then
        fail_with_log "the example's resource could not be defined" "$logs/partner-setup.log" "see $logs/api.log"
    fi
}
