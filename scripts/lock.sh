#!/bin/sh
# Write the hashed locks in requirements/ from pyproject.toml:  scripts/lock.sh [--upgrade]
# Without --upgrade, versions that are locked already and still fit stay as they are.
set -eu

if command -v uv >/dev/null 2>&1; then
    uv=uv
else
    [ -x build/lock/bin/uv ] || { "${PYTHON:-python3}" -m venv build/lock && build/lock/bin/python -m pip install --quiet uv; }
    uv=build/lock/bin/uv
fi

compile() { "$uv" pip compile --quiet --python-version 3.11 --universal --generate-hashes "$@" >/dev/null; }

compile "$@" pyproject.toml -o requirements/runtime.txt
compile "$@" pyproject.toml --group dev -c requirements/runtime.txt -o requirements/development.txt
# Hatchling asks for editables when it installs the checkout itself.
"${PYTHON:-python3}" -c 'import tomllib
with open("pyproject.toml", "rb") as file:
    print(*tomllib.load(file)["build-system"]["requires"], "editables", sep="\n")' |
    compile "$@" - -c requirements/development.txt -o requirements/build.txt
# What the loss engine is measured against; nothing of it is part of Accord.
printf 'pyfair==0.1a13\naggregate==0.30.1\nsetuptools\n' | compile "$@" - -o requirements/references.txt
# What detection is measured against: Zircolite itself comes from its repository, at the commit that the Makefile names.
[ ! -f build/zircolite/requirements.txt ] || compile "$@" - -o requirements/references-detection.txt <build/zircolite/requirements.txt
# What accord[spark] adds to runtime.txt.
printf 'pyspark>=4.0,<4.1\npandas>=2.2\n' |
    compile "$@" - -c requirements/runtime.txt --no-emit-package numpy -o requirements/spark.txt
# What accord[nats] adds to runtime.txt.
printf 'nats-py[nkeys]>=2.11\n' | compile "$@" - -c requirements/runtime.txt -o requirements/nats.txt
