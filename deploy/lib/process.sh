# process.sh - what quickstart keeps running: started once, known again, stopped in order.
#
# data/pid/NAME holds "PID BIRTH SUM". BIRTH is the start time of /proc/PID/stat: a number that was given
# to another process since is not taken for ours. SUM stands for command, program and configuration: when
# one of them changed, the process is replaced.
# shellcheck shell=bash

LOG_BYTES_MAX=$((20 * 1024 * 1024))

# process_stat PID FIELD: of /proc/PID/stat, counted from the state (1 = state, 20 = start time); the name
# before it may hold spaces and parentheses.
process_stat() {
    local text
    text=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # shellcheck disable=SC2086 # split into fields
    set -- "$2" ${text##*) }
    local field=$1
    shift
    echo "${!field}"
}

# process_pid NAME: the PID if it is alive and ours; else 1.
process_pid() {
    local pid birth state
    read -r pid birth _ 2>/dev/null <"$data/pid/$1" || return 1
    state=$(process_stat "$pid" 1) || return 1
    [ "$state" != Z ] && [ "$(process_stat "$pid" 20)" = "$birth" ] || return 1
    echo "$pid"
}

# process_sum CONFIGURATION PROGRAM ARGUMENTS...
process_sum() {
    {
        printf '%s\0' "$@"
        cat -- "$1" "$2"
    } | sha256sum | cut -c1-16
}

# process_start NAME USER[:GROUP] CONFIGURATION PROGRAM ARGUMENTS...: be sure that it runs as given.
# Says nothing and returns 1 if it did already. The environment is empty: an EXECGOV_* of the caller's
# shell would override the configuration.
process_start() {
    local name=$1 user=$2 configuration=$3 sum log=$logs/$1.log launch=()
    shift 3
    sum=$(process_sum "$configuration" "$@")
    if process_pid "$name" >/dev/null; then
        [ "$(cut -d' ' -f3 "$data/pid/$name")" != "$sum" ] || return 1
        process_stop "$name"
    fi
    if [ -e "$log" ] && [ "$(stat -c %s "$log")" -gt "$LOG_BYTES_MAX" ]; then
        mv "$log" "$log.old"
    fi
    if is_root && [ "${user%%:*}" != root ]; then
        launch=(setpriv --reuid "${user%%:*}" --init-groups --regid)
        case $user in
        *:*) launch+=("${user#*:}") ;;
        *) launch+=("$(id -gn "$user")") ;;
        esac
    fi
    # In the background of a script setsid is no group leader: it becomes the program, so $! is its PID.
    (cd "$data" && exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME="$data" \
        setsid ${launch[@]+"${launch[@]}"} "$@") >>"$log" 2>&1 </dev/null 9>&- &
    local pid=$!
    disown "$pid" # or bash comments on its end
    printf '%s %s %s\n' "$pid" "$(process_stat "$pid" 20)" "$sum" >"$data/pid/$name"
}

# process_stop NAME [SIGNAL [SECONDS]]: ask, wait until it is gone, insist at the deadline.
process_stop() {
    local name=$1 signal=${2:-TERM} seconds=${3:-40} pid
    if ! pid=$(process_pid "$name"); then
        rm -f "$data/pid/$name"
        return 0
    fi
    kill -s "$signal" "$pid" 2>/dev/null || true
    if ! wait_until "$seconds" process_gone "$name"; then
        say_warning "$name ($pid) did not stop within $seconds s and is killed"
        kill -s KILL "$pid" 2>/dev/null || true
        wait_until 10 process_gone "$name" || fail "$name ($pid) cannot be killed" "look at it: ps -l $pid"
    fi
    rm -f "$data/pid/$name"
}

# process_listens NAME PORT: is the socket that listens on 127.0.0.1 at PORT one of its descriptors? True, too, of a
# process that shows them to nobody.
process_listens() {
    local pid inode
    pid=$(process_pid "$1") || return 1
    ls "/proc/$pid/fd" >/dev/null 2>&1 || return 0
    inode=$(awk -v at="0100007F:$(printf %04X "$2")" '$2 == at && $4 == "0A" { print $10 }' /proc/net/tcp)
    [ -n "$inode" ] && find "/proc/$pid/fd" -lname "socket:\[$inode\]" 2>/dev/null | grep -q .
}

process_gone() {
    ! process_pid "$1" >/dev/null
}

# wait_until SECONDS COMMAND...: ask again and again until it succeeds; 1 at the deadline.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.05
    done
}

# process_ready NAME SECONDS COMMAND...: wait until COMMAND succeeds; fails at once when NAME has died.
process_ready() {
    local name=$1 seconds=$2
    shift 2
    if ! wait_until "$seconds" process_ready_or_dead "$name" "$@" || ! process_pid "$name" >/dev/null; then
        if process_pid "$name" >/dev/null; then
            fail_with_log "$name is not ready after $seconds s" "$logs/$name.log" "it goes on trying; $0 --stop ends it"
        fi
        fail_with_log "$name has ended" "$logs/$name.log" "run this again when the cause is gone"
    fi
}

process_ready_or_dead() {
    local name=$1
    shift
    "$@" || process_gone "$name"
}

# ports -----------------------------------------------------------------------------------------------

port_is_free() {
    /usr/bin/python3 -I -c 'import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))' "$1" 2>/dev/null
}

port_any() {
    /usr/bin/python3 -I -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# port_of NAME [FIRST CHOICE]: the port NAME had before if it is running or the port is still free, else
# the first choice, else any free one. Remembered in data/ports.
port_of() {
    local name=$1 first=${2:-} port
    port=$(sed -n "s/^$name=//p" "$data/ports" 2>/dev/null || true)
    if [ -z "$port" ] || { process_gone "$name" && ! port_is_free "$port"; }; then
        port=$first
        if [ -z "$port" ] || ! port_is_free "$port"; then
            port=$(port_any)
        fi
        port_remember "$name" "$port"
    fi
    echo "$port"
}

port_remember() {
    {
        grep -v "^$1=" "$data/ports" 2>/dev/null || true
        echo "$1=$2"
    } >"$data/ports.new"
    mv "$data/ports.new" "$data/ports"
}
