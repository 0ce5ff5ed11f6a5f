# redis.sh - a private Redis: order and wake-ups of the queue, rebuildable from PostgreSQL.
# shellcheck shell=bash

redis_configure() {
    cat >"$config/redis.conf" <<CONF
# Written by quickstart at every start.
bind 127.0.0.1
port $1
unixsocket "$sockets/redis/redis.sock"
unixsocketperm 770
dir "$data/redis"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
databases 1
CONF
}

# Sets redis_port, redis_address.
redis_start() {
    redis_port=$(port_of redis)
    redis_configure "$redis_port"
    redis_address=unix:$sockets/redis/redis.sock
    process_start redis "$user_redis:$(home_group)" "$config/redis.conf" \
        /usr/bin/redis-server "$config/redis.conf" || true
    process_ready redis 30 redis_answers
}

redis_answers() {
    [ "$(redis-cli -s "$sockets/redis/redis.sock" ping 2>/dev/null)" = PONG ]
}

redis_stop() {
    process_stop redis
}
