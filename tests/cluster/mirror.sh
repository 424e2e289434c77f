#!/usr/bin/env bash
# Print the address this machine gets Debian's packages from.
set -euo pipefail
apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
    awk '$2 == "main" && !found {found = $1} END {print found; exit !found}'
