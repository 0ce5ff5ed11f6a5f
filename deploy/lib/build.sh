# build.sh - the release programs, and their copy where the servers' users can reach them.
# shellcheck shell=bash

BUILD_PROGRAMS=(execgov execgov-api execgov-scheduler execgov-worker execgov-sandboxd execgov-zygote
                execgov-egress execgov-lifecycle execgov-intent execgov-simulate)

# A clone that was moved or copied together with its build remembers the place it was configured for, and
# CMake refuses to go on there.
build_forget_moved() {
    local cache=$source_folder/build/release/CMakeCache.txt
    [ -e "$cache" ] || return 0
    grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$source_folder" "$cache" || rm -rf "$source_folder/build/release"
}

build_release() {
    local log=$logs/build.log
    build_forget_moved
    (
        cd "$source_folder"
        cmake --preset release && cmake --build --preset release --parallel "$(nproc)"
    ) >"$log" 2>&1 </dev/null || build_failed "$log"
}

build_failed() {
    grep -E -A6 'error|FAILED|CMake Error' "$1" | head -40 | sed 's/^/    | /' >&2 || true
    fail "the build failed (log: $1)" "again, with all its words: cmake --build --preset release"
}

# A copy is replaced by a new file, never written into: a running program keeps its old one.
build_install() {
    local name from
    [ "$programs_copied" = yes ] || return 0
    mkdir -p "$programs"
    for name in "${BUILD_PROGRAMS[@]}"; do
        from=$source_folder/build/release/bin/$name
        [ -x "$from" ] || continue
        cmp -s "$from" "$programs/$name" || {
            install -m 755 "$from" "$programs/$name.new"
            mv "$programs/$name.new" "$programs/$name"
        }
    done
}

build_has() {
    [ -x "$programs/$1" ]
}

build_check() {
    local name missing=()
    for name in execgov execgov-api execgov-scheduler execgov-worker execgov-sandboxd execgov-zygote \
        execgov-egress; do
        build_has "$name" || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] || fail "the build made no ${missing[*]}" \
        "is the clone complete? git -C $source_folder status"
}
