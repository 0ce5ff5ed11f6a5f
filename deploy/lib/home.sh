# home.sh - where everything lives, as whom it runs, and the secrets made at the first start.
#
#   home       what --home says; holds `env`, and `data` if that is elsewhere
#   data       databases, files, logs, secrets: home itself, or /var/lib/execgov/<instance> when this is
#              root and the servers' users could not enter home (a clone below /root)
#   programs   build/release/bin, or a copy in /usr/local/lib/execgov/<instance> for the same reason
#   sockets    unix sockets; below data unless that path is too long for one
# shellcheck shell=bash

SOCKET_FOLDER_BYTES_MAX=85 # a socket's whole path has 107, and PostgreSQL adds /.s.PGSQL.12345.lock

is_root() {
    [ "$(id -u)" = 0 ]
}

# Can users without rights of their own enter this folder, or the nearest one above it that exists?
home_open_to_others() {
    local path=$1
    while [ ! -d "$path" ]; do
        path=$(dirname "$path")
    done
    setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$path"
}

# home_choose HOME SOURCE: sets the folders' names, makes nothing.
home_choose() {
    home=$(realpath -m -- "$1")
    source_folder=$2
    instance=$(printf %s "$home" | sha256sum | cut -c1-8)
    data=$home
    programs=$source_folder/build/release/bin
    programs_copied=no
    if is_root; then
        if [ -L "$home/data" ]; then
            data=$(readlink "$home/data")
        elif ! home_open_to_others "$home"; then
            data=/var/lib/execgov/$instance
        fi
        if ! home_open_to_others "$source_folder"; then
            programs=/usr/local/lib/execgov/$instance
            programs_copied=yes
        fi
    fi
    sockets=$data/run
    if [ ${#sockets} -gt "$SOCKET_FOLDER_BYTES_MAX" ]; then
        sockets=/tmp/execgov-$(id -u)-$instance
    fi
    logs=$data/log
    secrets=$data/secrets
    config=$data/config
}

# Who runs what. A plain user runs everything himself.
home_choose_users() {
    if is_root; then
        user_programs=execgov user_egress=execgov-egress user_postgres=postgres user_redis=redis
    else
        user_programs=$(id -un)
        user_egress=$user_programs user_postgres=$user_programs user_redis=$user_programs
    fi
}

home_make_users() {
    is_root || return 0
    local name
    for name in execgov execgov-egress; do
        getent passwd "$name" >/dev/null ||
            useradd --system --user-group --no-create-home --home-dir /nonexistent \
                --shell /usr/sbin/nologin "$name"
    done
    for name in postgres redis; do
        getent passwd "$name" >/dev/null || fail "there is no user $name" \
            "it comes with Debian's package: apt-get install --reinstall postgresql redis-server"
    done
}

# folder PATH MODE [OWNER[:GROUP]]: make it so; the owner matters only to root.
folder() {
    mkdir -p "$1"
    chmod "$2" "$1"
    if is_root && [ -n "${3:-}" ]; then
        chown "$3" "$1"
    fi
}

home_make_folders() {
    local keep=755
    is_root || keep=700
    mkdir -p "$data"
    if [ "$data" != "$home" ]; then
        ln -sfn "$data" "$home/data"
        echo "$home" >"$data/home"
    fi
    chmod "$keep" "$data"
    folder "$sockets" "$keep"
    [ -O "$sockets" ] || fail "$sockets belongs to somebody else" "choose a shorter --home"
    folder "$logs" "$keep"
    folder "$config" "$keep"
    folder "$secrets" 711
    folder "$data/pid" "$keep"
    folder "$sockets/postgres" 755 "$user_postgres"
    folder "$sockets/redis" 750 "$user_redis:$(home_group)"
    folder "$sockets/sandbox" 711
    folder "$data/redis" 700 "$user_redis"
    folder "$data/files" 700 "$user_programs"
    folder "$data/cache" 755
    # What customers are told, for who has no mail server yet; the lifecycle only appends.
    [ -e "$data/outbox.jsonl" ] || (umask 027 && : >"$data/outbox.jsonl")
    ! is_root || chown "$user_programs" "$data/outbox.jsonl"
    folder "$home/examples" 755
}

home_group() {
    if is_root; then echo execgov; else id -gn; fi
}

# 32 random bytes as hex: fits passfiles, URLs and configuration without quoting.
secret_make() {
    head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n'
}

# secret NAME [OWNER]: the secret's text; made once.
secret() {
    local path=$secrets/$1
    if [ ! -s "$path" ]; then
        (umask 077 && secret_make >"$path.new")
        mv "$path.new" "$path"
    fi
    cat "$path"
}

# secret_file NAME OWNER < text: a file that only its owner reads, replaced in one step.
secret_file() {
    local path=$secrets/$1
    (umask 077 && cat >"$path.new")
    if is_root; then
        chown "$2" "$path.new"
    fi
    mv "$path.new" "$path"
}

# One quickstart at a time in a home; makes home if need be. The lock is not handed to what we start (process.sh closes it).
home_lock() {
    [ ! -e "$home" ] || [ -d "$home" ] || fail "$home is not a folder" "choose another --home"
    mkdir -p "$home" 2>/dev/null || fail "cannot make $home" "choose a --home you may write to"
    [ -w "$home" ] || fail "cannot write to $home" "choose a --home you may write to"
    exec 9>"$home/lock"
    flock -n 9 || fail "another quickstart is working in $home" "wait for it to end, then run this again"
}

# as_user USER[:GROUP] COMMAND...
as_user() {
    local user=${1%%:*} group=
    case $1 in *:*) group=${1#*:} ;; esac
    shift
    if is_root && [ "$user" != root ]; then
        setpriv --reuid "$user" --regid "${group:-$(id -gn "$user")}" --init-groups "$@"
    else
        "$@"
    fi
}
