#!/usr/bin/env bash
# Install what the cluster test needs on Debian 12, as root:  tests/cluster/install.sh PREFIX
#
# SLURM, munge and MariaDB come from the distribution. Apptainer is not in Debian 12: the package of
# Debian's development suite is unpacked into PREFIX together with the C library it was built
# against, so the system's own libraries and package sources stay as they are.
set -euo pipefail
prefix=${1:?usage: tests/cluster/install.sh PREFIX}
export DEBIAN_FRONTEND=noninteractive

packages=(slurmctld slurmd slurm-client slurmdbd munge mariadb-server
    debootstrap fakeroot patchelf squashfs-tools squashfuse fuse2fs uidmap ca-certificates)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
    # The cluster test starts every daemon itself, as a plain process with a pid file of its own.
    policy=/usr/sbin/policy-rc.d
    [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && trap 'rm -f "$policy"' EXIT; }
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

# `build --fakeroot` needs subordinate ids, which root lacks on a bare machine.
for file in /etc/subuid /etc/subgid; do
    grep -qsE '^(root|0):' "$file" || echo 'root:1000000:65536' >>"$file"
done

[ -x "$prefix/bin/apptainer" ] && exit 0
work=$(mktemp -d)
mirror=$("$(dirname "$0")/mirror.sh")
mkdir -p "$work"/apt/{etc/apt/sources.list.d,etc/apt/apt.conf.d,etc/apt/preferences.d} \
    "$work"/apt/{var/lib/apt/lists/partial,var/cache/apt/archives/partial,var/lib/dpkg}
: >"$work/apt/var/lib/dpkg/status"
for suite in sid trixie; do
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n\n' \
        "$mirror" "$suite" /usr/share/keyrings/debian-archive-keyring.gpg
done >"$work/apt/etc/apt/sources.list.d/both.sources"
# The machine's own settings (proxies, timeouts) hold here too.
find /etc/apt/apt.conf.d -name '9*' -exec cp {} "$work/apt/etc/apt/apt.conf.d/" \;
cat >"$work/apt.conf" <<END
Dir "$work/apt";
Dir::State::status "$work/apt/var/lib/dpkg/status";
APT::Architecture "amd64";
APT::Sandbox::User "root";
Acquire::Languages "none";
END
cd "$work"
APT_CONFIG="$work/apt.conf" apt-get update -qq
APT_CONFIG="$work/apt.conf" apt-get download -qq apptainer libc6/trixie libseccomp2/trixie libsqlite3-0/trixie
mkdir program libraries
dpkg-deb -x apptainer_*.deb program
for file in lib*.deb; do dpkg-deb -x "$file" libraries; done

new="$prefix.new"
rm -rf "$new"
mkdir -p "$new/libc" "$new/var/lib/apptainer/mnt/session"
cp -a program/usr/. program/etc "$new/"
from=libraries/usr/lib/x86_64-linux-gnu
for name in ld-linux-x86-64 libc libm libresolv libpthread libdl librt libnss_files libnss_dns libseccomp libsqlite3; do
    cp -a "$from/$name".so.* "$new/libc/"
done
for program in bin/apptainer lib/x86_64-linux-gnu/apptainer/bin/starter; do
    # rpath, not runpath: the libraries' own dependencies are to be found there too.
    patchelf --set-interpreter "$prefix/libc/ld-linux-x86-64.so.2" --force-rpath --set-rpath "$prefix/libc" "$new/$program"
done
# The starter derives its prefix from its own place, two folders too deep.
ln -s ../var "$new/lib/var"
ln -s ../etc "$new/lib/etc"
ln -s apptainer "$new/bin/singularity" # the name that some clients call
rm -rf "$prefix" && mv "$new" "$prefix"
rm -rf "$work"
"$prefix/bin/apptainer" --version
