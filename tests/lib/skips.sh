# skips.sh - what ctest passed over, said after its summary: green is no proof of what did not run.
# shellcheck shell=bash

# skips_of LOG: the names of the tests that skipped themselves, as ctest lists them behind its summary.
skips_of() {
    sed -n 's/^[[:space:]]*[0-9][0-9]* - \([^ ]*\) (Skipped)[[:space:]]*$/\1/p' "$1" | sort -u
}

# skips_isolation NAMES: those of them that prove isolation. integration.sandbox.delegated wants a cgroup v1, which not
# every machine has; the others only want root, and a kernel that lets it make namespaces.
skips_isolation() {
    grep '^integration\.sandbox\.' <<<"$1" | grep -v '\.delegated$' || true
}

# skips_tell LOG: fails where isolation was to be proved (EXECGOV_TESTS_ISOLATION=must) and was not.
skips_tell() {
    local names isolation
    names=$(skips_of "$1")
    [ -n "$names" ] || return 0
    say_warning "SKIPPED, so nothing is proved of what these hold: ${names//$'\n'/ }"
    isolation=$(skips_isolation "$names")
    [ -n "$isolation" ] || return 0
    say_warning "ISOLATION IS NOT PROVED by this run: it needs root, and a kernel that lets root make namespaces"
    [ "${EXECGOV_TESTS_ISOLATION:-}" != must ]
}
