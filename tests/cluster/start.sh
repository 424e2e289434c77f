#!/usr/bin/env bash
# Start a SLURM of one node as plain processes:  tests/cluster/start.sh FOLDER
#
# munge, MariaDB and slurmdbd (for sacct), slurmctld, slurmd; two fake GPUs; the partitions and the
# account that the test's profile names. Every process id is in FOLDER/run/*.pid, where
# stop.sh finds it. Prints the path of slurm.conf.
set -euo pipefail
mkdir -p "$1"
folder=$(cd "$1" && pwd)
port=${CLUSTER_PORT:-16917}
host=$(hostname -s)
cores=$(nproc)
memory=$(($(awk '/^MemTotal/ {print $2}' /proc/meminfo) / 1024 - 1024))
mkdir -p "$folder"/{etc,munge,state,spool,log,run}
chmod 755 "$folder"
chmod 777 "$folder/run"
chmod 700 "$folder/munge"

[ -s "$folder/munge/key" ] || (umask 077 && head -c 128 /dev/urandom >"$folder/munge/key")
# Device nodes of a number without a driver: enough for SLURM to hand out and count.
for number in 0 1; do
    [ -e "$folder/run/gpu$number" ] || mknod -m 666 "$folder/run/gpu$number" c 240 "$number"
done
echo "NodeName=$host Name=gpu Type=fake File=$folder/run/gpu[0-1]" >"$folder/etc/gres.conf"

# Memory limits by control groups where this machine lets root use them, else by polling.
if [ -w /sys/fs/cgroup/memory/cgroup.procs ] && [ -d /sys/fs/cgroup/freezer ]; then
    cat >"$folder/etc/cgroup.conf" <<END
CgroupPlugin=cgroup/v1
CgroupMountpoint=/sys/fs/cgroup
ConstrainRAMSpace=yes
AllowedSwapSpace=0
END
    tracking="ProctrackType=proctrack/cgroup
TaskPlugin=task/cgroup
JobAcctGatherType=jobacct_gather/cgroup"
else
    tracking="ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherParams=OverMemoryKill"
fi
cat >"$folder/etc/slurm.conf" <<END
ClusterName=codepref
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/run/munge.sock,cred_expire=5
SlurmctldPort=$port
SlurmdPort=$((port + 1))
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
$tracking
JobAcctGatherFrequency=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,bf_interval=2
KillWait=2
MinJobAge=300
GresTypes=gpu
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$((port + 2))
AccountingStoragePass=$folder/run/munge.sock
AccountingStorageTRES=gres/gpu
AccountingStoreFlags=job_comment
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores Boards=1 SocketsPerBoard=1 CoresPerSocket=$cores ThreadsPerCore=1 RealMemory=$memory Gres=gpu:fake:2
# A job of the partition "urgent" takes the node from others, which have 20 seconds to end.
PreemptType=preempt/partition_prio
PreemptMode=CANCEL
PartitionName=cpu Nodes=$host Default=YES DefMemPerCPU=1000 MaxTime=24:00:00 GraceTime=20
PartitionName=gpu Nodes=$host DefMemPerCPU=1000 MaxTime=24:00:00 GraceTime=20
PartitionName=urgent Nodes=$host PriorityTier=10 DefMemPerCPU=1000 MaxTime=24:00:00
END
export SLURM_CONF="$folder/etc/slurm.conf"
database() { "$1" --no-defaults --socket="$folder/run/mariadb.sock" --user=root "${@:2}"; }
wait_for() { # wait_for SECONDS COMMAND...
    local until=$((SECONDS + $1))
    shift
    while ! "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$until" ] || { echo "waited in vain for: $*; see $folder/log" >&2 && exit 1; }
        sleep 0.1
    done
}
munge_works() { munge -n -S "$folder/run/munge.sock" | unmunge -S "$folder/run/munge.sock"; }
node_ready() { sinfo -h -t idle,alloc,mix -o %n | grep -qx "$host"; }

munged --force --key-file="$folder/munge/key" --socket="$folder/run/munge.sock" \
    --pid-file="$folder/run/munged.pid" --log-file="$folder/log/munged.log" \
    --seed-file="$folder/munge/seed" >&2
wait_for 30 munge_works

if [ ! -d "$folder/mariadb/mysql" ]; then
    mkdir -p "$folder/mariadb"
    chown mysql: "$folder/mariadb"
    mariadb-install-db --no-defaults --user=mysql --datadir="$folder/mariadb" --skip-test-db \
        --auth-root-authentication-method=normal >"$folder/log/mariadb-install.log" 2>&1
fi
setsid mariadbd --no-defaults --user=mysql --datadir="$folder/mariadb" \
    --socket="$folder/run/mariadb.sock" --bind-address=127.0.0.1 --port=$((port + 3)) \
    --pid-file="$folder/run/mariadbd.pid" --innodb-buffer-pool-size=64M \
    >"$folder/log/mariadbd.log" 2>&1 </dev/null &
wait_for 60 database mariadb-admin ping
database mariadb -e "CREATE DATABASE IF NOT EXISTS slurm_acct_db;
    CREATE USER IF NOT EXISTS 'slurm'@'127.0.0.1' IDENTIFIED BY 'slurm';
    GRANT ALL ON slurm_acct_db.* TO 'slurm'@'127.0.0.1';"
cat >"$folder/etc/slurmdbd.conf" <<END
AuthType=auth/munge
AuthInfo=socket=$folder/run/munge.sock
DbdHost=$host
DbdAddr=127.0.0.1
DbdPort=$((port + 2))
SlurmUser=root
LogFile=$folder/log/slurmdbd.log
PidFile=$folder/run/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$((port + 3))
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
END
chmod 600 "$folder/etc/slurmdbd.conf"
slurmdbd
wait_for 60 sacctmgr -n show cluster
# They have to exist before the controller starts; on a second start they do.
for what in "cluster codepref" "account test Cluster=codepref" "user root Cluster=codepref Account=test"; do
    # shellcheck disable=SC2086
    sacctmgr -i add $what >>"$folder/log/sacctmgr.log" 2>&1 || true
done
slurmctld
wait_for 60 scontrol ping
slurmd
wait_for 60 node_ready
# Inside a job Snakemake drops SLURM_* variables; SLURM's commands then look here.
mkdir -p /run/slurm
ln -sfn "$folder/etc" /run/slurm/conf
echo "$SLURM_CONF"
