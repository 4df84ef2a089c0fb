#!/usr/bin/env bash
# The image of production, with podman. Usage: tools/image.sh build|reproduce|sbom|scan|push|sign|verify|play
#   BASE    what it is built on: an image that can be pulled or is here, else one made by debootstrap (as root)
#   IMAGE   its name                       localhost/cabas:VERSION and :latest
#   EXTRAS  extras of ours to take along   bridge (add warehouse for Parquet: "bridge warehouse")
set -euo pipefail
cd "$(dirname "$0")/.."
context=dist/image
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
IMAGE=${IMAGE:-localhost/cabas:$version}
BASE=${BASE:-docker.io/library/debian:bookworm-slim}
MADE=localhost/cabas-base:bookworm

say() { printf '\033[1m› %s\033[0m\n' "$*"; }
die() { printf 'image: %s\n' "$*" >&2; exit 1; }

configure_podman() { # small machines and nested ones: what podman needs said
    command -v podman >/dev/null || die "podman is needed (as root: apt-get install podman buildah runc netavark aardvark-dns iptables catatonit debootstrap)"
    [ -n "${CONTAINERS_CONF:-}" ] || [ "$(id -u)" != 0 ] || ! command -v runc >/dev/null && return
    mkdir -p dist
    printf '[containers]\ndefault_ulimits = ["nofile=16384:16384","nproc=16384:16384"]\n[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\n' \
        > dist/containers.conf
    export CONTAINERS_CONF="$PWD/dist/containers.conf"
}

find_base() {
    podman image exists "$BASE" && return
    podman pull --quiet "$BASE" >/dev/null 2>&1 && return
    BASE=$MADE
    podman image exists "$BASE" && return
    [ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null ||
        die "the base can't be pulled, and making one takes root and debootstrap: set BASE"
    say "base, by debootstrap"
    local root; root=$(mktemp -d)
    debootstrap --variant=minbase --include=ca-certificates bookworm "$root" >/dev/null
    cat > "$root/etc/apt/sources.list" <<'END'
deb http://deb.debian.org/debian bookworm main
deb http://deb.debian.org/debian bookworm-updates main
deb http://deb.debian.org/debian-security bookworm-security main
END
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
    tar --numeric-owner -C "$root" -c . | podman import --quiet - "$BASE" >/dev/null
    rm -rf "$root"
}

make_context() {
    rm -rf "$context" && mkdir -p "$context/edge"
    SOURCE_DATE_EPOCH=$1 .venv/bin/hatchling build -t wheel -d "$context" >/dev/null
    # shellcheck disable=SC2086 # several extras
    .venv/bin/python tools/image_lock.py ${EXTRAS-bridge} > "$context/requirements.lock"
    cp deploy/image/layers.sh deploy/image/packages.txt "$context/"
    cp deploy/edge/render deploy/edge/nginx.conf.template "$context/edge/"
}

build_as() { # name, more arguments of podman build…
    local epoch name=$1 certificates=(); shift
    # Of the last change of what it holds, not of the build: the same inputs make the same image.
    epoch=$(git log -1 --format=%ct -- requirements.lock deploy/image 2>/dev/null || echo 0)
    make_context "$epoch"
    # Where a proxy signs for the registries, its certificate is the machine's.
    [ -r /etc/ssl/certs/ca-certificates.crt ] && certificates=(
        --volume /etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/machine.crt:ro
        --build-arg PIP_CERT=/etc/ssl/certs/machine.crt)
    # OCI's form: docker's notes which container of the build a layer came from, and is another each time.
    podman build --quiet --pull=never --network host --format oci "${certificates[@]}" \
        --build-arg BASE="$BASE" --build-arg SOURCE_DATE_EPOCH="$epoch" --timestamp "$epoch" \
        --label org.opencontainers.image.title=cabas --label org.opencontainers.image.version="$version" \
        --label org.opencontainers.image.licenses=Apache-2.0 \
        --tag "$name" --file deploy/image/Containerfile "$@" "$context" >/dev/null
}

build() {
    find_base
    say "image $IMAGE on $BASE"
    build_as "$IMAGE"
    podman tag "$IMAGE" "${IMAGE%:*}:latest"
    printf '%s  %d MB  %s\n' "$IMAGE" "$(megabytes "$IMAGE")" "$(digest "$IMAGE")"
}

reproduce() { # builds it twice, the second time from nothing, and compares
    find_base
    say "twice"
    build_as "$IMAGE" --no-cache && local first; first=$(digest "$IMAGE")
    build_as "$IMAGE" --no-cache && local second; second=$(digest "$IMAGE")
    [ "$first" = "$second" ] || die "two builds differ: $first, $second"
    echo "the same twice: $first"
}

digest() { podman image inspect --format '{{.Digest}}' "$1"; }
megabytes() { podman image inspect --format '{{.Size}}' "$1" | awk '{ printf "%d", $1 / 1000000 }'; }

sbom() {
    local root; root=$(podman image mount "$IMAGE")
    mkdir -p dist
    .venv/bin/python tools/image_sbom.py "$root" "$version" > dist/sbom.cdx.json
    podman image unmount "$IMAGE" >/dev/null
    echo "dist/sbom.cdx.json: $(grep -c '"purl"' dist/sbom.cdx.json) packages"
}

scan() {
    [ -e dist/sbom.cdx.json ] || sbom
    if command -v trivy >/dev/null; then
        trivy sbom --quiet --exit-code 1 --severity HIGH,CRITICAL --ignore-unfixed dist/sbom.cdx.json
    elif [ -x .venv/bin/pip-audit ]; then
        .venv/bin/pip-audit --disable-pip --require-hashes -r "$context/requirements.lock"
    else
        die "trivy or pip-audit is needed"
    fi
}

push() {
    case $IMAGE in *.pkg.dev/*) # cosign reads docker's file, too
        mkdir -p ~/.docker
        gcloud auth print-access-token |
            podman login --authfile ~/.docker/config.json --username oauth2accesstoken --password-stdin "${IMAGE%%/*}"
        export REGISTRY_AUTH_FILE=~/.docker/config.json ;;
    esac
    podman push --quiet --digestfile dist/image.digest "$IMAGE"
    echo "${IMAGE%:*}@$(cat dist/image.digest)" > dist/image.reference
    cat dist/image.reference
}

sign() { # without a key: by the identity of the pipeline, or of who sits here
    command -v cosign >/dev/null || die "cosign is needed"
    cosign sign --yes "$(cat dist/image.reference)"
    cosign attest --yes --type cyclonedx --predicate dist/sbom.cdx.json "$(cat dist/image.reference)"
}

verify() {
    command -v cosign >/dev/null || die "cosign is needed"
    cosign verify --certificate-identity-regexp "${SIGNER:?say who signs}" \
        --certificate-oidc-issuer "${ISSUER:?say who vouches for them}" "${RELEASE:-$(cat dist/image.reference)}" >/dev/null
    echo "signed: ${RELEASE:-$(cat dist/image.reference)}"
}

play() { PYTHONPATH=. .venv/bin/python tools/kube_smoke.py "$IMAGE"; }

measure() { .venv/bin/python -m bench.image "$IMAGE"; }

case ${1:-} in scan|sign|verify) ;; *) configure_podman ;; esac
for part in "$@"; do
    case $part in
        build|reproduce|sbom|scan|push|sign|verify|play|measure) "$part" ;;
        *) die "build, reproduce, sbom, scan, push, sign, verify, play or measure, not $part" ;;
    esac
done
