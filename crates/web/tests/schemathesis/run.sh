#!/usr/bin/env bash
# Holds an API against its OpenAPI document: what `make test-api` runs. Without an address it starts the demo on a port of
# its own and ends it afterwards.
#
# run.sh SCHEMATHESIS OSMTRACKER       asks `OSMTRACKER demo`
# run.sh SCHEMATHESIS http://…         asks what runs there
# EXAMPLES                             requests made up for each call and phase [60]
# SEED                                 makes up the same requests again; `random` makes up others each time [1]
# SECONDS_AT_MOST                      ends an endless run [180]
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
schemathesis=$1
target=$2
folder=$(mktemp -d)
server=

stop() {
  if [[ -n $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap stop EXIT

if [[ $target != http* ]]; then
  # Thousands of requests a minute are what it is about.
  OSMTRACKER_API_REQUESTS_PER_MINUTE=0 "$target" demo --data "$folder/data" --listen 127.0.0.1:0 --log-level warn \
    2>"$folder/log" &
  server=$!
  # The demo has 457 changesets, all analysed after some seconds.
  address=
  for _ in $(seq 600); do
    kill -0 "$server" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
    address=$(sed -n 's|^site on \(http://.*\)$|\1|p' "$folder/log")
    if [[ -n $address ]] && curl --silent --noproxy '*' "$address/metrics" | grep -q '^osmtracker_changeset_cnt{state="DONE"} 457$'; then
      break
    fi
    sleep 0.1
  done
  target=$address
fi

cd "$folder"
seed=()
if [[ ${SEED:=1} != random ]]; then seed=(--seed "$SEED"); fi
timeout "${SECONDS_AT_MOST:-180}" "$schemathesis" --config-file "$here/schemathesis.toml" run "$target/api/v1/openapi.json" --url "$target" \
  --checks all --workers 2 --max-examples "${EXAMPLES:-60}" --generation-database none --request-timeout 15 \
  --suppress-health-check all "${seed[@]}"
