#!/bin/sh
# Rebuild report/vendor/plot.js: Observable Plot with the parts of d3 that it needs, as one script for
# the report, and the licences of everything in it. Needs npm; run from the project's folder.
set -eu
PLOT=0.6.17 D3=7.9.2 ESBUILD=0.28.2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
here=$PWD/report/vendor
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund "@observablehq/plot@$PLOT" "d3@$D3" "esbuild@$ESBUILD"
cat >entry.js <<'END'
export { plot, dot, ruleX, ruleY, line, barX, tickX, tip, pointer, text } from "@observablehq/plot";
END
npx esbuild entry.js --bundle --minify --format=iife --global-name=Plot --target=es2020 \
    --legal-comments=none --metafile=parts.json --outfile=plot.js
{
    echo "/* Observable Plot $PLOT and d3 $D3, bundled by maintenance/vendor_plot.sh; licences: LICENSES.txt */"
    cat plot.js
} >"$here/plot.js"
# The licence of every package that the bundle has a byte of.
node -e '
const fs = require("fs");
const inputs = Object.values(JSON.parse(fs.readFileSync("parts.json")).outputs)[0].inputs;
const names = new Set();
for (const [path, part] of Object.entries(inputs)) {
  const found = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path);
  if (found && part.bytesInOutput) names.add(found[1]);
}
for (const name of [...names].sort()) {
  const about = JSON.parse(fs.readFileSync(`node_modules/${name}/package.json`));
  console.log(`==== ${name} ${about.version} (${about.license})\n`);
  console.log(fs.readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim() + "\n");
}' >"$here/LICENSES.txt"
