# people.sh - the first tenants and people, their passwords and sessions.
#
# Two tenants: Harbour Hardware with an owner, an approver and a viewer, and Lakeside Books with an owner of its
# own, which is there to see nothing of the first. One platform administrator. Passwords are made here
# at the first start and kept in data/secrets/people.json; nobody has a default one.
# shellcheck shell=bash

PEOPLE_TENANT="Harbour Hardware"
PEOPLE_OTHER_TENANT="Lakeside Books"

people_write() {
    local file=$secrets/people.json
    [ -s "$file" ] || secret_file people.json "$user_programs" <<JSON
{
  "platform": { "email": "admin@platform.example", "name": "Platform Admin", "password": "$(secret_make)" },
  "tenants": [
    { "name": "$PEOPLE_TENANT", "kind": "team", "users": [
      { "email": "olivia@harbour.example", "name": "Olivia Owner", "role": "owner", "password": "$(secret_make)" },
      { "email": "arun@harbour.example", "name": "Arun Approver", "role": "approver", "password": "$(secret_make)" },
      { "email": "vera@harbour.example", "name": "Vera Viewer", "role": "viewer", "password": "$(secret_make)" } ] },
    { "name": "$PEOPLE_OTHER_TENANT", "kind": "team", "users": [
      { "email": "lin@lakeside.example", "name": "Lin Owner", "role": "owner", "password": "$(secret_make)" } ] }
  ]
}
JSON
}

# people_token EMAIL: out of what the seed printed.
people_token() {
    /usr/bin/python3 -I - "$secrets/sessions.json" "$1" <<'PYTHON'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    seeded = json.load(file)
people = [seeded["platform"]] + [user for tenant in seeded["tenants"] for user in tenant["users"]]
tokens = [person["token"] for person in people if person["email"] == sys.argv[2]]
if len(tokens) != 1:
    sys.exit(f"error: the seed's answer has {len(tokens)} tokens for {sys.argv[2]}; see {sys.argv[1]}")
print(tokens[0])
PYTHON
}

# Makes what is missing and gives everybody a session of seven days. Sets people_*_token.
people_seed() {
    people_write
    daemon_command api execgov-api seed
    as_user "$user_programs" env -i PATH=/usr/bin:/bin LANG=C.UTF-8 \
        "${daemon_words[@]}" --file "$secrets/people.json" \
        2>"$logs/seed.log" </dev/null | secret_file sessions.json "$(id -un)" ||
        fail_with_log "the first tenants and people could not be made" "$logs/seed.log" \
            "see what the database says: $logs/postgres.log"
    people_owner_token=$(people_token olivia@harbour.example)
    people_approver_token=$(people_token arun@harbour.example)
    people_viewer_token=$(people_token vera@harbour.example)
    people_other_token=$(people_token lin@lakeside.example)
    people_platform_token=$(people_token admin@platform.example)
}

# What scripts and people source: shell KEY=value without quoting.
people_write_env() {
    (
        umask 077
        cat >"$home/env.new" <<ENV
EXECGOV_URL=http://127.0.0.1:$api_port
EXECGOV_TOKEN=$people_owner_token
EXECGOV_APPROVER_TOKEN=$people_approver_token
EXECGOV_VIEWER_TOKEN=$people_viewer_token
EXECGOV_OTHER_TENANT_TOKEN=$people_other_token
EXECGOV_PLATFORM_TOKEN=$people_platform_token
EXECGOV_PG=postgresql://execgov_admin:$(secret postgres_admin)@127.0.0.1:$postgres_port/execgov
EXECGOV_REDIS=127.0.0.1:$redis_port
EXECGOV_SANDBOX=$(say_words "$sockets/sandbox/sandboxd.sock")
ENV
    )
    mv "$home/env.new" "$home/env"
}
