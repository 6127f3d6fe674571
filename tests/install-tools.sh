#!/bin/sh
# Installs the Debian packages that the tests use, where that may be done: real Prometheus parts.
# Without them the tests that need one are skipped by name; with CI=true that is a failure.
set -eu

missing=
for pair in prometheus:prometheus promtool:prometheus systemd-analyze:systemd \
    prometheus-alertmanager:prometheus-alertmanager amtool:prometheus-alertmanager; do
    command -v "${pair%%:*}" > /dev/null || missing="$missing ${pair#*:}"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
    as_root="sudo -n"
else
    echo "Not installed, for want of root:$missing. Tests that need it will be skipped." >&2
    exit 0
fi
if ! command -v apt-get > /dev/null; then
    echo "Not installed, for want of apt-get:$missing. Tests that need it will be skipped." >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # both are lists of words
{
    $as_root apt-get update -qq
    $as_root apt-get install -qq --yes --no-install-recommends $missing > /dev/null
} || echo "apt-get could not install:$missing. Tests that need it will be skipped." >&2
