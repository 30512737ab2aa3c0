#!/usr/bin/env bash
# Installs Memory Monitor as a systemd service from this clone:  sudo bash installer.sh [--armed]
set -euo pipefail

cd "$(dirname "$0")"
wanted=20.19.0

fail() {
  printf 'installer.sh: %s\n' "$1" >&2
  exit "$2"
}

[ "$(id -u)" -eq 0 ] || fail 'only root can install a service; run: sudo bash installer.sh' 77

# sudo may have dropped a PATH that a version manager has set.
node=$(command -v node || true)
if [ -z "$node" ] && [ -n "${SUDO_USER:-}" ]; then
  node=$(su - "$SUDO_USER" -c 'command -v node' 2>/dev/null || true)
fi
[ -n "$node" ] || fail "there is no Node on this machine; install Node $wanted or later, from your distribution or nodejs.org, and run this again" 69
version=$("$node" -p 'process.versions.node')
oldest=$(printf '%s\n%s\n' "$wanted" "$version" | sort -V | head -n 1)
[ "$oldest" = "$wanted" ] || fail "Node $version at $node is too old; install Node $wanted or later, and run this again" 69

# Whether there is a bundle, and nothing in this clone is newer (git pull).
bundle=packages/cli/bundle/app/memory-monitor.mjs
is_built() {
  [ -f "$bundle" ] &&
    [ -z "$(find packages/*/src packages/cli/service config.toml package-lock.json -newer "$bundle" -print -quit)" ]
}

if ! is_built; then
  PATH="$(dirname "$node"):$PATH"
  command -v npm >/dev/null || fail 'there is no npm on this machine, and this clone has not been built since it changed; install npm, and run this again' 69
  echo 'Building from this clone (npm ci, npm run bundle) …'
  npm ci --no-audit --no-fund --loglevel=error
  npm run --silent bundle
fi

exec "$node" "$bundle" install "$@"
