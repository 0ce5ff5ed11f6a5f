# demo.sh - the main job on real input, told as a short story. Every line that starts with $ can be typed.
# shellcheck shell=bash

EXAMPLES=(sales-report log-inspection file-stats cleanup customer-ledger partner-orders partner-payout)

demo_data() {
    local make=$source_folder/examples/data folder=$home/examples
    demo_make "$make/make_sales.py" "$folder/sales.csv"
    demo_make "$make/make_access_log.py" "$folder/access.log"
    demo_make "$make/make_archive.py" "$folder/exports.tar.gz"
    demo_make "$make/make_ledger.py" "$folder/客户台账.xlsx"
}

demo_make() {
    [ -s "$2" ] || {
        /usr/bin/python3 -B "$1" "$2.new" || fail "cannot make $2" "is there room? df -h $home"
        mv "$2.new" "$2"
    }
}

demo_publish() {
    local name folders=()
    for name in "${EXAMPLES[@]}"; do
        if [ -d "$data/partner/$name" ]; then
            folders+=("$data/partner/$name")
        else
            folders+=("$source_folder/examples/$name")
        fi
    done
    [ ${#bench_lines[@]} -eq 0 ] || folders+=("$source_folder/bench/noop")
    EXECGOV_URL=http://127.0.0.1:$api_port EXECGOV_TOKEN=$people_owner_token \
        /usr/bin/python3 -B "$source_folder/deploy/lib/publish_skill.py" "${folders[@]}" \
        >"$logs/publish.log" 2>&1 </dev/null ||
        fail_with_log "an example could not be published" "$logs/publish.log" "see also $logs/api.log"
}

# demo_cli TOKEN ARGUMENTS...: the CLI as that person, in the folder with the data, without his profiles.
demo_cli() {
    local token=$1
    shift
    (cd "$home/examples" && env EXECGOV_URL="http://127.0.0.1:$api_port" EXECGOV_TOKEN="$token" \
        EXECGOV_CONFIG_DIR="$home/cli" "$programs/execgov" "$@")
}

demo_chapter() {
    printf '\n%s%s%s\n' "$say_bold" "$1" "$say_off"
    shift
    printf '  %s\n' "$@"
}

# demo_show WHO TOKEN STATUS ARGUMENTS...: prints the command, runs it, and fails if it ends otherwise
# than the story says ("any" where it does not matter).
demo_show() {
    local who=$1 token=$2 wanted=$3 status text
    shift 3
    text=$(say_words "$@")
    printf '\n  %s%s$ execgov %s%s\n' "$say_dim" "$who" "$text" "$say_off"
    {
        demo_cli "$token" "$@" 2>&1 </dev/null | sed 's/^/    /'
        status=${PIPESTATUS[0]}
    } || true
    [ "$wanted" = any ] || [ "$status" = "$wanted" ] ||
        fail "that should have ended with status $wanted, not $status" \
            "what happened: $logs/api.log and $logs/worker-1.log" \
            "try it yourself: set -a; . $(say_words "$home/env"); $(say_words "$programs/execgov") $text"
}

# The newest thing the approver may decide.
demo_waiting() {
    demo_cli "$people_approver_token" confirmations ls --json </dev/null | /usr/bin/python3 -I -c '
import json, sys
items = json.load(sys.stdin)["items"]
sys.exit("nothing waits for a confirmation") if not items else print(items[0]["request_id"])'
}

demo_run() {
    local owner=$people_owner_token approver=$people_approver_token other=$people_other_token request

    demo_chapter "1. A report, asked for in plain words" \
        "Olivia owns the tenant $PEOPLE_TENANT. She names neither script nor parameters: the month is read" \
        "from her words, the file from its name. The script runs in a sandbox; its files come back."
    demo_show olivia "$owner" 0 ask "sales report for March 2026 from sales.csv" --file sales.csv --wait

    demo_chapter "2. The same in Chinese" "One recogniser, both languages."
    demo_show olivia "$owner" 0 ask "用 sales.csv 生成 2026年3月 的销售报表" --file sales.csv --wait

    demo_chapter "3. Something nobody taught it" \
        "There is no skill for this. It says so instead of running the nearest one."
    demo_show olivia "$owner" any ask "book me a flight to Lisbon on Friday" --wait

    demo_chapter "4. Something dangerous" \
        "Removing files is a high risk: the plan waits. Nothing runs, and nothing is held while it waits."
    demo_show olivia "$owner" any ask \
        "clean up exports.tar.gz, remove everything older than 365 days" --file exports.tar.gz --wait
    request=$(demo_waiting) || fail "no plan waits for a confirmation" "what happened: $logs/worker-1.log"

    demo_chapter "5. Olivia tries to confirm her own request" "Refused: it takes a second person."
    demo_show olivia "$owner" 4 confirmations confirm "$request"

    demo_chapter "6. Arun looks at the plan and confirms it" \
        "What he confirms is the digest of exactly this plan: this version, these inputs, this file."
    demo_show arun "$approver" 0 confirmations show "$request"
    demo_show arun "$approver" 0 confirmations confirm "$request" --wait

    demo_chapter "7. Other people's interfaces" \
        "partner-orders reads a partner's HTTP interface with plain urllib. It holds no token and has no network:" \
        "execgov-egress carries the request and adds the credential. A payment is on nobody's whitelist."
    demo_show olivia "$owner" 0 run partner-orders/list status=open --wait
    demo_show olivia "$owner" 4 run partner-payout amount_minor=50000 --wait
    demo_show olivia "$owner" any run partner-orders/place sku=LAMP-1 quantity=3 --wait
    request=$(demo_waiting) || fail "no order waits for a confirmation" "what happened: $logs/worker-1.log"
    demo_show arun "$approver" 0 confirmations confirm "$request" --wait

    demo_chapter "8. Another tenant" "Lin works at $PEOPLE_OTHER_TENANT. For Lin, none of this exists."
    demo_show lin "$other" any runs ls

    demo_chapter "9. The trail" "Who did what, when, to what: each line was written in the same commit as the act."
    demo_show olivia "$owner" 0 audit ls --limit 15
}
