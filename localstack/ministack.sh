#!/usr/bin/env bash
# Runs MiniStack on 127.0.0.1 in the foreground, so that it ends with whoever started it.
#
# PORT       where it listens [4566]
# MINISTACK  its executable [target/localcloud/venv/bin/ministack]
# STATE      folder that keeps everything over a restart; without it everything is gone at the end
# LOG_LEVEL  of the server, which prints what functions print [INFO]
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
port=${PORT:-4566}
program=${MINISTACK:-$repository/target/localcloud/venv/bin/ministack}
scratch=$repository/target/localcloud/tmp

if [[ ! -x $program ]]; then
  echo "no MiniStack at $program: run \`make localcloud-tools\`, or name its executable in \$MINISTACK" >&2
  exit 1
fi
mkdir -p "$scratch"

# Functions get this whole environment, so nothing of the caller's may be in it. AWS_ENDPOINT_URL must be: without it a
# function's SDK goes to the real AWS.
settings=(
  PATH=/usr/bin:/bin
  HOME="$scratch"
  TMPDIR="$scratch"
  BIND_HOST=127.0.0.1
  GATEWAY_PORT="$port"
  MINISTACK_REGION=eu-west-1
  AWS_REGION=eu-west-1
  AWS_DEFAULT_REGION=eu-west-1
  AWS_ACCESS_KEY_ID=test
  AWS_SECRET_ACCESS_KEY=test
  AWS_ENDPOINT_URL="http://127.0.0.1:$port"
  # Services nobody here needs, which would listen on ports of their own.
  IOT_MTLS_ENABLED=0
  SFTP_ENABLED=0
  LOG_LEVEL="${LOG_LEVEL:-INFO}"
)
if [[ -n ${STATE:-} ]]; then
  mkdir -p "$STATE"
  state=$(cd "$STATE" && pwd)
  settings+=(PERSIST_STATE=1 STATE_DIR="$state" S3_PERSIST=1 S3_DATA_DIR="$state/s3")
fi

exec env -i "${settings[@]}" "$program"
