#!/usr/bin/env bash
# Stop the cluster that start.sh FOLDER started, by the process ids it wrote.
set -uo pipefail
folder=$(cd "$1" && pwd) || exit 1
export SLURM_CONF="$folder/etc/slurm.conf"
timeout 20 scancel --user "$(id -un)" 2>/dev/null
sleep 1
for name in slurmd slurmctld slurmdbd mariadbd munged; do
    file="$folder/run/$name.pid"
    [ -s "$file" ] || continue
    id=$(cat "$file")
    kill "$id" 2>/dev/null || continue
    for _ in $(seq 100); do
        [ -e "/proc/$id" ] && ! grep -q '^State:.*Z' "/proc/$id/status" 2>/dev/null || continue 2
        sleep 0.1
    done
    kill -9 "$id" 2>/dev/null
done
[ "$(readlink /run/slurm/conf)" = "$folder/etc" ] && rm -f /run/slurm/conf
exit 0
