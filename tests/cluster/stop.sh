#!/usr/bin/env bash
# Stop the cluster that start.sh FOLDER started, by the process ids it wrote.
set -uo pipefail
[ -d "$1" ] || exit 0
folder=$(cd "$1" && pwd) || exit 1
export SLURM_CONF="$folder/etc/slurm.conf"
running() { [ "$(cat "/proc/$2/comm" 2>/dev/null)" = "$1" ] && ! grep -q '^State:.*Z' "/proc/$2/status"; }
controller=$(cat "$folder/run/slurmctld.pid" 2>/dev/null)
if running slurmctld "${controller:-0}"; then
    timeout 20 scancel --user "$(id -un)" 2>/dev/null
    sleep 3 # jobs get so long to end by themselves (KillWait)
fi
# Whatever still runs in a job, should the controller be gone.
if running slurmd "$(cat "$folder/run/slurmd.pid" 2>/dev/null)"; then
    timeout 20 scontrol listpids 2>/dev/null | awk '$1 ~ /^[0-9]+$/ {print $1}' | xargs -r kill -9 2>/dev/null
fi
for name in slurmd slurmctld slurmdbd mariadbd munged; do
    id=$(cat "$folder/run/$name.pid" 2>/dev/null) && running "$name" "$id" || continue
    kill "$id"
    for _ in $(seq 100); do
        running "$name" "$id" || continue 2
        sleep 0.1
    done
    kill -9 "$id"
done
[ "$(readlink /run/slurm/conf)" = "$folder/etc" ] && rm -f /run/slurm/conf
exit 0
