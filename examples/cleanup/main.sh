#!/bin/sh
# cleanup - take the old files out of an archive.
#
#   main.sh --days N [--as-of YYYY-MM-DD] ARCHIVE.tar.gz
#
# A file is old when it was last written before the day that lies N days before --as-of (default: today)
# began, in the time zone of $TZ. Writes out/cleaned.tar.gz (what stays) and out/removed.tsv (date, bytes,
# name of what went); the last line printed is the result as JSON. The archive that was handed in stays
# as it is. An archive with links or devices is refused.
set -eu

fail() {
    echo "cleanup: $1" >&2
    exit 1
}

days='' as_of=today archive=''
while [ $# -gt 0 ]; do
    case $1 in
    --days | --as-of)
        [ $# -ge 2 ] || fail "$1 needs a value"
        if [ "$1" = --days ]; then days=$2; else as_of=$2; fi
        shift 2
        ;;
    -*) fail "unknown option $1" ;;
    *) archive=$1 && shift ;;
    esac
done
case $days in '' | *[!0-9]*) fail "--days must be a whole number" ;; esac
[ -n "$archive" ] || fail "no archive given"
limit=$(date -d "$as_of - $days days" +%Y-%m-%d) || fail "--as-of must be a date such as 2026-03-31"

echo "::progress 10 unpacking" >&2
tree=$(mktemp -d ./unpacked.XXXXXX)
trap 'rm -rf "$tree"' EXIT
tar -xzf "$archive" -C "$tree" --no-same-owner --no-same-permissions ||
    fail "the file is not a readable .tar.gz archive"
odd=$(find "$tree" ! -type f ! -type d -printf . | wc -c)
[ "$odd" -eq 0 ] || fail "the archive has links or devices; nothing was removed"

# Written before midnight: not newer than the second before it.
old_files() {
    find "$tree" -type f ! -newermt "$limit - 1 second" "$@"
}

echo "::progress 40 listing files older than $limit" >&2
mkdir -p out
files=$(find "$tree" -type f -printf . | wc -c)
removed=$(old_files -printf . | wc -c)
bytes=0
for size in $(old_files -printf '%s\n'); do
    bytes=$((bytes + size))
done
old_files -printf '%TY-%Tm-%Td\t%s\t%P\n' | LC_ALL=C sort >out/removed.tsv
cat out/removed.tsv

echo "::progress 70 removing $removed of $files files" >&2
old_files -delete
find "$tree" -mindepth 1 -type d -empty -delete
tar -czf out/cleaned.tar.gz -C "$tree" --sort=name --owner=0 --group=0 .

echo "::progress 100 done" >&2
printf '{"files": %d, "removed": %d, "removed_bytes": %d, "kept": %d, "older_than": "%s"}\n' \
    "$files" "$removed" "$bytes" "$((files - removed))" "$limit"
