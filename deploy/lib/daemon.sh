# daemon.sh - ExecGov's own programs: their configuration, start, readiness and stop.
#
# Every daemon reads --config FILE, an INI file of its own in data/config. Each answers /readyz: the API where
# it listens, the others at `health`.
# shellcheck shell=bash

DAEMON_READY_SECONDS=60
SLOTS_PER_WORKER=4
# Debian's inih reads 200 bytes of a line, and takes " ;" for a comment: what does not fit becomes a flag.
INI_LINE_BYTES_MAX=190

# daemon_configure NAME LINE...: what all share, and what only this one has.
daemon_configure() {
    local name=$1 line flag
    shift
    echo "# Written by quickstart at every start." >"$config/$name.ini.new"
    : >"$config/$name.flags"
    for line in "pg = $postgres_conninfo" ${redis_address:+"redis = $redis_address"} "log_level = info" "$@"; do
        case $line in
        *' ;'*) ;;
        *)
            if [ "$(printf %s "$line" | wc -c)" -le "$INI_LINE_BYTES_MAX" ]; then
                echo "$line" >>"$config/$name.ini.new"
                continue
            fi
            ;;
        esac
        flag=${line%% = *}
        printf '%s\n' "--${flag//_/-}" "${line#* = }" >>"$config/$name.flags"
    done
    mv "$config/$name.ini.new" "$config/$name.ini"
}

# daemon_command NAME PROGRAM [WORD]: sets daemon_words to what runs it with its configuration.
daemon_command() {
    mapfile -t daemon_words <"$config/$1.flags"
    daemon_words=("$programs/$2" ${3:+"$3"} --config "$config/$1.ini"
        ${daemon_words[@]+"${daemon_words[@]}"})
}

# daemon_start NAME PROGRAM PORT: and wait until it says that it is ready.
daemon_start() {
    daemon_command "$1" "$2"
    process_start "$1" "$user_programs" "$config/$1.ini" "${daemon_words[@]}" || true
    process_ready "$1" "$DAEMON_READY_SECONDS" daemon_ready "$1" "$3"
}

# daemon_ready NAME PORT: does it answer, and not somebody else who took the port between choice and start?
daemon_ready() {
    process_listens "$1" "$2" &&
        curl --silent --fail --noproxy '*' --max-time 5 --output /dev/null "http://127.0.0.1:$2/readyz"
}

# A hundred uids that nobody has, apart from other instances on this machine (one uid a slot: the limit
# on processes counts by uid). Remembered: cgroups are named after it.
sandbox_uid_base() {
    local file=$data/uid-base first=$((0x$instance % 95)) step base
    if [ ! -s "$file" ]; then
        for step in {0..94}; do
            base=$((50000 + (first + step) % 95 * 100))
            # getent ends with 2 when it found some names or none: what it printed counts.
            # shellcheck disable=SC2046 # a hundred words
            [ -n "$(getent passwd $(seq "$base" $((base + 99))) || true)" ] || break
        done
        echo "$base" >"$file"
    fi
    cat "$file"
}

sandbox_start() {
    local socket=$sockets/sandbox/sandboxd.sock arguments user=root
    arguments=(--socket "$socket" --cache "$data/cache" --slots $((workers * SLOTS_PER_WORKER)))
    if is_root; then
        arguments+=(--uid-base "$(sandbox_uid_base)" --allow-uid "$(id -u execgov)")
    else
        arguments+=(--allow-uid "$(id -u)")
        user=$user_programs
    fi
    process_start sandboxd "$user" /dev/null "$programs/execgov-sandboxd" "${arguments[@]}" || true
    process_ready sandboxd "$DAEMON_READY_SECONDS" test -S "$socket"
    process_ready sandboxd "$DAEMON_READY_SECONDS" sandbox_tested "$socket"
    sandbox_doctor "$socket" >/dev/null 2>&1 || sandbox_explain "$socket"
}

sandbox_doctor() {
    "$programs/execgov-sandboxd" --doctor --socket "$@"
}

# Has the self-test ended, well or not? (The doctor's own status is about "well".)
sandbox_tested() {
    local text
    text=$(sandbox_doctor "$1" --json || true)
    grep -q '"tested": *true' <<<"$text"
}

# quickstart --with-data: the packages are there by now; wait until sandboxd has found them.
sandbox_add_data() {
    "$programs/execgov" runtime install data --sandbox "$sockets/sandbox/sandboxd.sock" \
        >"$logs/runtime.log" 2>&1 </dev/null ||
        fail_with_log "the runtime data was not made" "$logs/runtime.log" \
            "what sandboxd says about it: $logs/sandboxd.log"
}

# The self-test says which probe failed; that is worth more than the log's last lines.
sandbox_explain() {
    sandbox_doctor "$1" 2>&1 | sed 's/^/    | /' >&2 || true
    fail_with_log "scripts cannot be isolated here, so none will run" "$logs/sandboxd.log" \
        "a container needs --privileged; a plain user needs user namespaces:" \
        "sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000"
}

# L1 is not a safe place for other people's scripts, and nobody should find that out by reading a log.
sandbox_warning() {
    is_root || {
        say_warning "you are not root: scripts run at isolation level L1, for development only."
        say_dim "One uid for all of them, no cgroup limits of their own." >&2
        say_dim "Level L3, which is what ExecGov promises: run this as root. Details: execgov doctor" >&2
    }
}

# Workers that an earlier start had and this one has not.
worker_stop_surplus() {
    local file number
    for file in "$data"/pid/worker-*; do
        [ -e "$file" ] || continue
        number=${file##*-}
        if [ "$number" -gt "$workers" ]; then
            process_stop "worker-$number"
        fi
    done
}

# api_port_choose: --port if it was given, else the one of last time, else 8080, else any. Sets api_port.
api_port_choose() {
    if [ -n "$wanted_port" ]; then
        if [ "$(sed -n 's/^api=//p' "$data/ports" 2>/dev/null)" != "$wanted_port" ] || process_gone api; then
            port_is_free "$wanted_port" || fail "port $wanted_port is taken by somebody else" \
                "who: ss -ltnp 'sport = :$wanted_port'" "choose another: $0 --port N"
        fi
        port_remember api "$wanted_port"
    fi
    api_port=$(port_of api 8080)
}

api_configure() {
    api_port_choose
    daemon_configure api "listen = 127.0.0.1:$api_port" "public_url = http://127.0.0.1:$api_port" \
        "files = $data/files" "egress = $sockets/egress/egress.sock"
}

daemons_start() {
    local number port
    sandbox_start
    egress_start
    daemon_start api execgov-api "$api_port"
    port=$(port_of scheduler)
    daemon_configure scheduler "health = 127.0.0.1:$port"
    daemon_start scheduler execgov-scheduler "$port"
    worker_stop_surplus
    for number in $(seq "$workers"); do
        port=$(port_of "worker-$number")
        daemon_configure "worker-$number" "health = 127.0.0.1:$port" "files = $data/files" \
            "sandbox = $sockets/sandbox/sandboxd.sock" "egress = $sockets/egress/egress.sock" "slots = $SLOTS_PER_WORKER" \
            ${bench_lines[@]+"${bench_lines[@]}"}
        daemon_start "worker-$number" execgov-worker "$port"
    done
    if build_has execgov-lifecycle; then
        port=$(port_of lifecycle)
        daemon_configure lifecycle "health = 127.0.0.1:$port" "outbox_file = $data/outbox.jsonl" \
            "egress = $sockets/egress/egress.sock" "public_url = http://127.0.0.1:$api_port"
        daemon_start lifecycle execgov-lifecycle "$port"
    fi
}

# No new work first, then what does it, then where it runs, then where it is kept.
daemons_stop() {
    local file name
    for name in api scheduler; do
        process_stop "$name"
    done
    for file in "$data"/pid/worker-*; do
        [ ! -e "$file" ] || process_stop "${file##*/}" TERM 90
    done
    for name in lifecycle egress sandboxd partner; do
        process_stop "$name"
    done
}
