#!/usr/bin/env bash
# launch-machine.sh LOWER MOUNT_POINT CGROUPS INIT NSPAWN_ARGUMENT...
# Started by machine.ts as PID 1 of its own PID namespace, in its own mount namespace: whatever it mounts or starts
# ends with it, also when it is killed. (nspawn's machine survives a SIGKILL of nspawn itself.)
set -euo pipefail
lower="$1" mount_point="$2" cgroups="$3" init="$4"
shift 4

# What the machine writes stays in memory, over the root file system that all machines share.
mount -t tmpfs -o mode=0755 memory-monitor-e2e "$mount_point"
mkdir "$mount_point"/{upper,work,root}
mount -t overlay -o "lowerdir=$lower,upperdir=$mount_point/upper,workdir=$mount_point/work" overlay "$mount_point/root"

# 0 is the writer itself, whatever its PID is called where.
while read -r cgroup; do
  [ -z "$cgroup" ] || echo 0 >"$cgroup/cgroup.procs"
done <<<"$cgroups"

# 133 is a machine that asked for a reboot: nspawn leaves that to whoever started it.
status=133
while [ "$status" -eq 133 ]; do
  status=0
  # Without nspawn's own system call filter a unit's SystemCallFilter is the only one, as on a real machine.
  SYSTEMD_SECCOMP=0 systemd-nspawn --directory="$mount_point/root" "$@" /bin/sh -c "$init" || status=$?
done
exit "$status"
