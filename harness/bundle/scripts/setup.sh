#!/usr/bin/env bash
# Runs once, when Gradescope builds the image: puts dout into an environment of its own, and tries it.
# Made by `dout bundle gradescope`.
set -euo pipefail
root=${DOUT_AUTOGRADER:-/autograder}

# The system's python3 stays as it is: Gradescope's own programs need it.
find_python() {
  for python in python3.13 python3.12 python3.11 python3; do
    if "$python" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then return; fi
  done
  return 1
}

if ! find_python && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  apt-get install -y python3-venv
  if ! find_python; then
    # The default image, Ubuntu 22.04, has Python 3.10. https://launchpad.net/~deadsnakes has newer ones for it.
    apt-get install -y software-properties-common
    add-apt-repository -y ppa:deadsnakes/ppa
    apt-get install -y python3.12 python3.12-venv
  fi
fi
if ! find_python; then
  echo "dout needs Python 3.11 or newer, and there is none: choose another base image." >&2
  exit 1
fi

"$python" -m venv "$root/dout"
"$root/dout/bin/pip" install "$root"/source/dout-*.whl
# What is graded with is what was packed, also where this version of dout is there already.
"$root/dout/bin/pip" install --force-reinstall --no-deps "$root"/source/dout-*.whl

# An assignment that does not work is to be seen now. Its drawn cases are kept for later.
export PYTHONPATH="$root/source/modules"
cd "$root/source"
mapfile -t options < options.txt
"$root/dout/bin/dout" assignment check "${options[1]}"
"$root/dout/bin/dout" doctor || true
