#!/bin/sh
# Make or refresh .venv from the hashed locks:  scripts/environment.sh runtime|development
# With uv where it is on the machine, else with Python's own venv and pip. Repeat runs change nothing.
set -eu

kind=${1:?runtime or development}
python=${PYTHON:-python3}
venv=.venv

fail() {
    printf 'accord: %s\n' "$*" >&2
    exit 1
}

if ! command -v "$python" >/dev/null 2>&1; then
    fail "there is no $python here. Install Python 3.11 or newer (Debian: apt-get install python3), or name one: make PYTHON=python3.12"
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    fail "$("$python" --version 2>&1) is too old: Accord needs 3.11 or newer. Name another one: make PYTHON=python3.12"
fi

if [ -e "$venv" ] && ! "$venv/bin/python" -c '' >/dev/null 2>&1; then
    echo "The Python of $venv is gone: making it again."
    rm -rf "$venv"
fi

if command -v uv >/dev/null 2>&1; then
    [ -d "$venv" ] || uv venv --quiet --python "$python" "$venv"
    install() { uv pip install --quiet --python "$venv/bin/python" "$@"; }
else
    if [ ! -d "$venv" ] && ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        # Debian ships venv's installer of pip apart from Python.
        package="$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            echo "Installing $package."
            { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package"; } >/dev/null 2>&1 \
                || fail "apt-get could not install $package. Install it or uv, then run make again."
        else
            fail "this Python cannot make environments. Install $package (sudo apt install $package) or uv, then run make again."
        fi
    fi
    [ -d "$venv" ] || "$python" -m venv "$venv"
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip --upgrade >/dev/null
    install() { "$venv/bin/python" -m pip install --quiet --no-compile --disable-pip-version-check "$@"; }
fi

echo "Installing what Accord needs ($kind) into $venv from requirements/."
install --require-hashes --no-deps -r requirements/build.txt -r "requirements/$kind.txt"
install --no-deps --no-build-isolation --editable .
