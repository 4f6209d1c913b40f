#!/bin/sh
# debian-packages.sh COMMAND:PACKAGE... : installs the Debian package of each command that is missing.
# Needs root or password-less sudo; without either it names the packages and stops (exit 1).
set -eu
missing=
for pair in "$@"; do
    command=${pair%%:*} package=${pair#*:}
    # prometheus-alertmanager's command is called prometheus-alertmanager on Debian and alertmanager elsewhere.
    command -v "$command" >/dev/null 2>&1 || command -v "$package" >/dev/null 2>&1 || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "Steadyhand needs these programs on PATH:$missing. This is no Debian: install them your system's way." >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then sudo=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo="sudo -n"
else
    echo "Steadyhand needs Debian packages and is not root. Ask for: sudo apt-get install -y$missing" >&2
    exit 1
fi
echo "Installing from Debian:$missing"
export DEBIAN_FRONTEND=noninteractive
# The packages bring services on fixed ports; we start our own, so theirs must not come up: policy-rc.d says no.
policy=/usr/sbin/policy-rc.d made=
if [ -z "$sudo" ] && [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && made=1
fi
trap '[ -z "$made" ] || rm -f "$policy"' EXIT
$sudo apt-get update -qq
# shellcheck disable=SC2086 # a list of package names
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
