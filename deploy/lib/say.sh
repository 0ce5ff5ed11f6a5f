# say.sh - what a person reads: steps, warnings, and failures that say what to do.
# shellcheck shell=bash

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    say_bold=$'\e[1m' say_dim=$'\e[2m' say_red=$'\e[31m' say_yellow=$'\e[33m' say_off=$'\e[0m'
else
    say_bold='' say_dim='' say_red='' say_yellow='' say_off=''
fi

say() {
    printf '%s\n' "$*"
}

# A step of the start: one line, said before it begins.
say_step() {
    printf '%s==>%s %s\n' "$say_bold" "$say_off" "$*"
}

say_dim() {
    printf '%s    %s%s\n' "$say_dim" "$*" "$say_off"
}

say_warning() {
    printf '%swarning:%s %s\n' "$say_yellow" "$say_off" "$*" >&2
}

# say_words WORDS...: the words as one would type them.
say_words() {
    local word between=
    for word in "$@"; do
        case $word in
        '' | *[!A-Za-z0-9_./=:@%+,-]*)
            word=${word//\\/\\\\}
            word=${word//\"/\\\"}
            word=${word//\$/\\\$}
            word=\"${word//\`/\\\`}\"
            ;;
        esac
        printf '%s%s' "$between" "$word"
        between=' '
    done
}

# fail WHAT [WHAT TO DO...]: ends the program.
fail() {
    printf '%serror:%s %s\n' "$say_red" "$say_off" "$1" >&2
    shift
    local remedy
    for remedy in "$@"; do
        printf '       %s\n' "$remedy" >&2
    done
    exit 1
}

# fail_with_log WHAT LOGFILE [WHAT TO DO...]: the same, after the last lines of a log.
fail_with_log() {
    local what=$1 log=$2
    shift 2
    if [ -s "$log" ]; then
        printf '%slast lines of %s:%s\n' "$say_dim" "$log" "$say_off" >&2
        tail -n 15 "$log" | sed 's/^/    | /' >&2
    fi
    fail "$what" "$@" "the whole log: $log"
}
