# package.sh - Debian packages: which of a list are missing, and installing them.
# shellcheck shell=bash

# The major version of Debian; of a derivative, the one it says it is like; 12 if nobody knows.
debian_release() {
    local version
    version=$(cut -d. -f1 /etc/debian_version 2>/dev/null || true)
    case $version in
    12 | 13) echo "$version" ;;
    trixie*) echo 13 ;;
    *) echo 12 ;;
    esac
}

# package_list FILE...: the names that count on this release.
package_list() {
    local release
    release=$(debian_release)
    sed 's/#.*//' "$@" | while read -r name only; do
        [ -n "$name" ] || continue
        if [ -z "$only" ] || [ "$only" = "@$release" ]; then
            echo "$name"
        fi
    done
}

# A package is there if it, or another one that provides it (pkgconf for pkg-config), is installed.
package_missing() {
    local name installed
    # shellcheck disable=SC2016 # dpkg-query's own format language
    installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Provides}\n' 2>/dev/null |
        sed -n 's/^ii *//p' | sed 's/([^)]*)//g; s/,/ /g' | tr -s ' ' '\n')
    while read -r name; do
        grep -qxF -- "$name" <<<"$installed" || echo "$name"
    done < <(package_list "$@")
}

# How this user becomes root for apt: nothing as root, sudo if it works, else 1.
package_root() {
    if [ "$(id -u)" = 0 ]; then
        echo env
    elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        echo sudo
    else
        return 1
    fi
}

# Debian starts a server when its package is installed; ours are private, so nothing is started and no
# default database cluster made while we install. Both files are gone afterwards.
package_quiet_servers() {
    local root=$1 what=$2
    case $what in
    on)
        [ -e /usr/sbin/policy-rc.d ] ||
            printf '#!/bin/sh\n# execgov quickstart\nexit 101\n' | $root sh -c \
                'cat >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d'
        if [ ! -d /etc/postgresql-common ]; then
            $root mkdir -p /etc/postgresql-common/createcluster.d
            echo 'create_main_cluster = false' |
                $root tee /etc/postgresql-common/createcluster.d/execgov.conf >/dev/null
        fi
        ;;
    off)
        if grep -q 'execgov quickstart' /usr/sbin/policy-rc.d 2>/dev/null; then
            $root rm -f /usr/sbin/policy-rc.d
        fi
        $root rm -f /etc/postgresql-common/createcluster.d/execgov.conf
        ;;
    esac
}

# A newly installed server would come up at the next boot; switch that off where systemd runs.
package_servers_stay_off() {
    local root=$1 name
    shift
    [ -d /run/systemd/system ] || return 0
    for name in "$@"; do
        case $name in
        postgresql | redis-server) $root systemctl disable --quiet "$name" 2>/dev/null || true ;;
        esac
    done
}

# package_confirm NAME...: shows what will be installed; asks only on a terminal and without --yes.
package_confirm() {
    say "These Debian packages are missing and will be installed:"
    printf '%s\n' "$@" | paste -sd' ' | fold -s -w 90 | sed 's/^/    /'
    if [ -t 0 ] && [ "${assume_yes:-no}" != yes ]; then
        local answer
        read -r -p "Install them with apt now? [Y/n] " answer
        case $answer in
        '' | [yYjJ]*) ;;
        *) fail "nothing was installed" "install them yourself: apt-get install $*" ;;
        esac
    fi
}

# package_install LOGFILE LISTFILE...: installs what is missing; no word if nothing is.
package_install() {
    local log=$1 root missing
    shift
    mapfile -t missing < <(package_missing "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "this is no Debian: apt-get is missing" \
        "install what these stand for: ${missing[*]}"
    root=$(package_root) || fail "these packages are missing: ${missing[*]}" \
        "as root: apt-get install ${missing[*]}" "then run this again"
    package_confirm "${missing[@]}"
    say_step "installing ${#missing[@]} packages (log: $log)"
    package_quiet_servers "$root" on
    if ! package_apt "$root" "${missing[@]}" >>"$log" 2>&1 </dev/null; then
        package_quiet_servers "$root" off
        fail_with_log "apt could not install the packages" "$log" \
            "try yourself: apt-get update && apt-get install ${missing[*]}"
    fi
    package_quiet_servers "$root" off
    package_servers_stay_off "$root" "${missing[@]}"
}

package_apt() {
    local root=$1
    shift
    $root apt-get update -q
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}
