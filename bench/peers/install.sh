#!/bin/sh
# Brings what the comparison runs: Ansible from Debian, pyinfra from pip into a virtual
# environment below bin, or, where PYINFRA names a checkout, the Debian packages that it
# needs. What is not to be had is left out of the comparison, and a line says so.
set -u
cd "$(dirname "$0")/../.." || exit
bin=$PWD/bin/bench
mkdir -p "$bin"
get() { DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "$@" >>"$bin/install.log" 2>&1; }
have() { command -v "$1" >/dev/null; }
wanted() { case ",${TOOLS:-ansible,pyinfra}," in *",$1,"*) ;; *) return 1;; esac; }

if wanted ansible && ! have ansible-playbook; then
  apt-get -q update >>"$bin/install.log" 2>&1
  get ansible || echo "no Ansible: $bin/install.log says why" >&2
fi
if wanted pyinfra && [ -n "${PYINFRA:-}" ]; then
  get python3-gevent python3-paramiko python3-click python3-dateutil python3-distro python3-jinja2 python3-setuptools python3-typing-extensions python3-winrm &&
    (cd "$PYINFRA" && /usr/bin/python3 setup.py -q egg_info && sed -i '/^configparser$/d; /^typeguard$/d' pyinfra.egg-info/requires.txt) >>"$bin/install.log" 2>&1 ||
    echo "no pyinfra: $bin/install.log says why" >&2
elif wanted pyinfra && [ ! -x "$bin/venv/bin/pyinfra" ]; then
  python3 -m venv "$bin/venv" >>"$bin/install.log" 2>&1 && "$bin/venv/bin/pip" install -q 'pyinfra>=3,<4' >>"$bin/install.log" 2>&1 ||
    echo "no pyinfra: $bin/install.log says why; PYINFRA=DIR takes a checkout" >&2
fi
exit 0
