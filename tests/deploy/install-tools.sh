#!/bin/sh
# Installs what judges the files of deploy/ and .github/, where it can be had: Helm and actionlint
# by Go, the models of the Prometheus Operator's resources by npm. Without them the tests that need
# one are skipped by name; with CI=true that is a failure.
set -eu
cd "$(dirname "$0")/../.."
bin="$(pwd)/.venv/bin"

install_by() {
    installer=$1
    what=$2
    shift 2
    if ! command -v "$installer" > /dev/null; then
        echo "Not installed, for want of $installer: $what. Tests that need it will be skipped." >&2
    elif ! said=$("$@" 2>&1); then
        echo "$said" >&2
        echo "$installer could not install $what. Tests that need it will be skipped." >&2
    fi
}

[ -x "$bin/helm" ] ||
    install_by go helm env GOBIN="$bin" go install helm.sh/helm/v3/cmd/helm@v3.19.5
[ -x "$bin/actionlint" ] ||
    install_by go actionlint env GOBIN="$bin" go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
[ -d tests/deploy/judge/node_modules ] ||
    install_by npm kubernetes-models npm ci --prefix tests/deploy/judge --silent --no-audit --no-fund
