#!/bin/sh
# Install what the tests drive: a browser, a database, a proxy, an Apache relying party.
# Without the right to install, say what is missing; the tests that need it say so too.
set -eu
packages="openssl chromium fonts-noto-cjk postgresql apache2 libapache2-mod-auth-openidc libapache2-mod-auth-cas nodejs npm"
missing=""
command -v openssl >/dev/null || missing="$missing openssl"
command -v chromium >/dev/null || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
ls /usr/lib/apache2/modules/mod_auth_openidc.so >/dev/null 2>&1 || missing="$missing apache2+mod_auth_openidc"
ls /usr/lib/apache2/modules/mod_auth_cas.so >/dev/null 2>&1 || missing="$missing mod_auth_cas"
command -v node >/dev/null || missing="$missing nodejs"
command -v npm >/dev/null || missing="$missing npm"
test -z "$missing" && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    for package in $packages; do
        case "$package" in
            nodejs) command -v node >/dev/null && continue ;;
            npm) command -v npm >/dev/null && continue ;;
        esac
        wanted="${wanted:-} $package"
    done
    # The tests start their own servers, on loopback: the packages must not start theirs.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
        trap 'rm -f "$policy"' EXIT
    fi
    # shellcheck disable=SC2086
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $wanted >/dev/null
    exit 0
fi
echo "Missing:$missing. As an administrator: apt-get install $packages" >&2
