# Sourced by the other scripts: finds the project, makes .venv and keeps it at the locked versions.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
VENV="$ROOT/.venv"
PYTHON="$VENV/bin/python"
export PYTHONPATH="$ROOT" PYTHONUTF8=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
if [ -n "${DATA_DIR:-}" ]; then
  DATA_DIR=$(realpath -m -- "$DATA_DIR") # as seen from the caller's folder
  export DATA_DIR
fi

say() { printf '%s\n' "$*" >&2; }

# install_packages NAME…: system packages, which only root can install.
install_packages() {
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    return 1
  fi
  say "安装系统软件包 (installing): $*"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# A Python of at least 3.11; the locks were made for 3.11, so it is asked first.
find_python() {
  local name
  for name in python3.11 python3.12 python3.13 python3; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  say "需要 Python 3.11 以上版本，请先安装 python3 (Python 3.11 or newer is needed)"
  return 1
}

make_venv() {
  local python
  python=$(find_python) || return 1
  if ! "$python" -c 'import venv, ensurepip' 2>/dev/null && ! install_packages python3-venv; then
    say "缺少 venv，请由管理员执行 apt-get install python3-venv (venv is missing: install python3-venv as root)"
    return 1
  fi
  say "建立虚拟环境 (making the virtual environment): $VENV"
  "$python" -m venv --clear "$VENV"
}

# need_venv run|dev: the virtual environment with exactly the locked packages.
need_venv() {
  local kind=$1 lock="$ROOT/requirements/$1.txt" stamp run_stamp
  stamp="$VENV/.installed-$kind-$(sha256sum <"$lock" | cut -c1-16)"
  [ -e "$stamp" ] && "$PYTHON" -c '' 2>/dev/null && return
  (
    flock 9 # two starts at once make one environment
    [ -e "$stamp" ] && "$PYTHON" -c '' 2>/dev/null && exit
    "$PYTHON" -m pip --version >/dev/null 2>&1 || make_venv || exit 1
    say "安装依赖 (installing dependencies): requirements/$kind.txt"
    "$PYTHON" -m pip install -q --require-hashes -r "$lock" || exit 1
    rm -f "$VENV"/.installed-*
    touch "$stamp"
    if [ "$kind" = dev ]; then # the dev lock contains the run lock
      run_stamp="$VENV/.installed-run-$(sha256sum <"$ROOT/requirements/run.txt" | cut -c1-16)"
      touch "$run_stamp"
    fi
  ) 9>"$ROOT/.venv.lock"
}
