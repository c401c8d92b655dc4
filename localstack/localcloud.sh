#!/usr/bin/env bash
# What `make localcloud` runs: a local cloud, a replayed OpenStreetMap as its upstream, and the whole machine set up in it
# by Terraform. Prints where everything is, and runs until Ctrl-C.
#
# LOCALCLOUD            python: starts MiniStack; docker: uses what runs at AWS_ENDPOINT_URL already [python]
# AWS_ENDPOINT_URL      where the local cloud is, with docker [http://127.0.0.1:4566]
# PORT                  where MiniStack listens, with python [4566]
# MINISTACK             its executable [target/localcloud/venv/bin/ministack]
# REPLAY                history file or recorded upstream that is replayed [the demo's: Niue, 2007 to 2023]
# REPLAY_LISTEN         where the replay listens [127.0.0.1:8900; with docker on Linux the address that containers reach]
# OSMTRACKER            command that replays; --listen and the path are appended [cargo run -p osmtracker -- replay]
# AREA                  what is followed [planet]
# ARCHITECTURE          of the packages, x86_64 or arm64 [this machine's]
# PACKAGES              folder with NAME/bootstrap.zip of each function [dist/ARCHITECTURE]
# TERRAFORM_PLUGIN_DIR  folder with providers, where the registry cannot be reached
# TF_VAR_name           any other variable of infra/terraform/examples/localcloud
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
configuration=$repository/infra/terraform/examples/localcloud
localcloud=${LOCALCLOUD:-python}
folder=$repository/target/localcloud/$localcloud
started=()

fail() {
  echo "localcloud: $*" >&2
  exit 1
}

say() {
  echo "localcloud: $*" >&2
}

running() {
  kill -0 "$1" 2>/dev/null
}

# Ends processes, and the children they had: a function in the middle of its work outlives MiniStack, which would leave it
# to write into the next one.
stop() {
  local pid processes=() deadline=$((SECONDS + 10))
  trap '' INT TERM
  for pid in ${started[@]+"${started[@]}"}; do
    # Word splitting is meant: one process id a line.
    # shellcheck disable=SC2207
    processes+=("$pid" $(pgrep -P "$pid" || true))
  done
  for pid in ${processes[@]+"${processes[@]}"}; do
    kill "$pid" 2>/dev/null || true
  done
  for pid in ${processes[@]+"${processes[@]}"}; do
    while running "$pid" && ((SECONDS < deadline)); do
      sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
  done
}

needs() {
  command -v "$1" >/dev/null || fail "$1 is not installed: $2"
}

# Whether anybody answers there.
answers() {
  curl --silent --output /dev/null --max-time 3 --noproxy '*' "$1"
}

architecture() {
  case $(uname -m) in
    arm64 | aarch64) echo arm64 ;;
    *) echo x86_64 ;;
  esac
}

# The history that the demo replays; it ships in a package of Cargo's that is in the lock file.
demo_history() {
  cargo metadata --locked --format-version 1 --manifest-path "$repository/Cargo.toml" | python3 -c '
import json, pathlib, sys
for package in json.load(sys.stdin)["packages"]:
    if package["name"] == "osm-io":
        print(pathlib.Path(package["manifest_path"]).parent / "tests/fixtures/history-niue-230109.osm.pbf")
'
}

start_ministack() {
  [[ $(uname -s) == Linux ]] ||
    fail "functions are Linux programs and MiniStack starts them as they are: use LOCALCLOUD=docker here (localstack/README.md)"
  endpoint=http://127.0.0.1:${PORT:-4566}
  if answers "$endpoint"; then
    fail "something listens at $endpoint already: end it, or choose another port with PORT"
  fi
  # It begins empty, so what Terraform knows of an earlier one is wrong.
  rm -f "$folder"/terraform.tfstate*
  "$repository/localstack/ministack.sh" >"$folder/cloud.log" 2>&1 &
  cloud=$!
  started+=("$cloud")
  until answers "$endpoint/_ministack/health"; do
    if ! running "$cloud"; then
      cat "$folder/cloud.log" >&2
      fail "MiniStack did not start"
    fi
    sleep 0.2
  done
}

use_docker() {
  endpoint=${AWS_ENDPOINT_URL:-http://127.0.0.1:4566}
  # MiniStack answers there, too.
  answers "$endpoint/_localstack/health" ||
    fail "no local cloud at $endpoint: start one with \`docker compose up --build --wait\` in localstack/, or set AWS_ENDPOINT_URL"
}

# Where containers reach this host. Docker on Linux has them come through an address of its bridge; Docker Desktop
# brings them to 127.0.0.1.
docker_gateway() {
  local gateway
  gateway=$(docker network inspect bridge --format '{{(index .IPAM.Config 0).Gateway}}' 2>/dev/null || true)
  if [[ -n $gateway && $(uname -s) == Linux ]] && ip -brief address 2>/dev/null | grep -qF " $gateway/"; then
    echo "$gateway"
  else
    echo 127.0.0.1
  fi
}

start_replay() {
  local history=${REPLAY:-} listen=${REPLAY_LISTEN:-} command log=$folder/replay.log
  if [[ -z $history ]]; then
    needs cargo "it finds the demo's history; or name a history file or a recorded upstream in REPLAY"
    history=$(demo_history) || fail "cannot find the demo's history: name a history file or a recorded upstream in REPLAY"
  fi
  [[ -e $history ]] || fail "nothing to replay at \"$history\": name a history file or a recorded upstream in REPLAY"
  if [[ -z $listen ]]; then
    listen=127.0.0.1:8900
    [[ $localcloud == python ]] || listen=$(docker_gateway):8900
  fi

  if [[ -n ${OSMTRACKER:-} ]]; then
    read -r -a command <<<"$OSMTRACKER"
  else
    command=(cargo run --locked -q --manifest-path "$repository/Cargo.toml" -p osmtracker -- replay)
  fi
  say "replaying $history; the program is built first if need be"
  "${command[@]}" --listen "$listen" "$history" >"$log" 2>&1 &
  replay=$!
  started+=("$replay")
  # The last line says where to begin; the ones before it say where what is.
  until grep -q -- '--from-sequence [0-9]' "$log"; do
    if ! running "$replay"; then
      tail -n 20 "$log" >&2
      fail "the replay ended; its command was: ${command[*]} --listen $listen $history"
    fi
    sleep 0.2
  done
  replication_url=$(said replication)
  api_url=$(said api)
  adiff_url=$(said adiff)
  from_sequence=$(sed -n 's/.*--from-sequence \([0-9][0-9]*\).*/\1/p' "$log")
  if [[ -z $replication_url || -z $api_url || -z $adiff_url ]]; then
    fail "cannot read the replay's addresses in $log"
  fi
}

# An address that the replay printed, as functions know it.
said() {
  local address
  address=$(sed -n "s/^$1  *\(http[^ ]*\)\$/\1/p" "$folder/replay.log")
  if [[ $localcloud == docker ]]; then
    address=$(sed -E 's|^(https?://)[^/]*:([0-9]+)|\1host.docker.internal:\2|' <<<"$address")
  fi
  echo "$address"
}

apply() {
  local init=(-input=false) variables=(
    -var "endpoint=$endpoint"
    -var "architecture=$architecture"
    -var "packages=$packages"
    -var "area=${AREA:-planet}"
    -var "replication_url=$replication_url"
    -var "api_url=$api_url"
    -var "adiff_url=$adiff_url"
    -var "from_sequence=$from_sequence"
  )
  [[ -z ${TERRAFORM_PLUGIN_DIR:-} ]] || init+=("-plugin-dir=$TERRAFORM_PLUGIN_DIR")
  say "setting up (terraform; one to two minutes, most of it waiting for queues and buckets)"
  terraform -chdir="$configuration" init "${init[@]}" >"$folder/init.log" 2>&1 || {
    cat "$folder/init.log" >&2
    fail "terraform init failed; without the registry, name a folder with providers in TERRAFORM_PLUGIN_DIR"
  }
  terraform -chdir="$configuration" apply -input=false -auto-approve -state="$folder/terraform.tfstate" "${variables[@]}" \
    >"$folder/apply.log" 2>&1 || {
    tail -n 40 "$folder/apply.log" >&2
    fail "terraform apply failed; all it said is in $folder/apply.log"
  }
}

tell() {
  local outputs
  outputs=$(terraform -chdir="$configuration" output -json -state="$folder/terraform.tfstate")
  python3 -c '
import json, sys
outputs = {name: output["value"] for name, output in json.loads(sys.argv[1]).items()}
endpoint = sys.argv[2]
site = outputs["site_url"]
# Without a web server that knows of index documents, the page has to be named.
site += "index.html" if site.endswith("/") else ""
print()
print(f"site          {site}  (there when the first changesets are through, in about two minutes)")
api = outputs.get("api_url")
if api:
    # Host names of functions resolve nowhere; the same is served at a path.
    name = api.split("//")[1].split(".")[0]
    print(f"api           {endpoint}/_aws/lambda-url/{name}/api/v1/")
print("table         " + outputs["table"])
for title, name in ("queues", "queues"), ("dead letters", "dead_letter_queues"):
    for at, url in enumerate(sorted(outputs[name].values())):
        print(f"{title if at == 0 else str():14}{url}")
for at, name in enumerate(sorted(outputs["functions"].values())):
    print("{:14}{}".format("functions" if at == 0 else "", name))
print("buckets       " + outputs["site_bucket"] + ", " + outputs["private_bucket"])
print()
print(f"ask it        AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=eu-west-1 aws --endpoint-url {endpoint} ...")
' "$outputs" "$endpoint"
  [[ $localcloud == docker ]] || echo "logs          $folder/cloud.log"
  echo "              $folder/replay.log, $folder/apply.log"
  echo
  if [[ $localcloud == docker ]]; then
    echo "Ctrl-C ends the replay. The local cloud stays; \`docker compose down\` in localstack/ ends it."
  else
    echo "Ctrl-C ends all of it and leaves nothing."
  fi
}

# Until Ctrl-C, or until something that must run does not.
watch() {
  local pid
  while sleep 1; do
    for pid in "${started[@]}"; do
      running "$pid" || fail "a part ended by itself; see the logs in $folder"
    done
  done
}

case $localcloud in
  python | docker) ;;
  *) fail "LOCALCLOUD is python or docker, not \"$localcloud\"" ;;
esac
needs curl "it asks whether the local cloud is there"
needs python3 "it reads what Terraform and Cargo print"
needs pgrep "it finds the processes that are to end (Debian: procps)"
needs terraform "see https://developer.hashicorp.com/terraform/install"
architecture=${ARCHITECTURE:-$(architecture)}
packages=${PACKAGES:-$repository/dist/$architecture}
compgen -G "$packages/*/bootstrap.zip" >/dev/null ||
  fail "no packages of functions in $packages: \`make package\` builds them for arm64 and x86_64"
packages=$(cd "$packages" && pwd)

[[ -z ${TF_CLI_CONFIG_FILE:-} || -e $TF_CLI_CONFIG_FILE ]] || unset TF_CLI_CONFIG_FILE

mkdir -p "$folder"
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

if [[ $localcloud == python ]]; then
  start_ministack
else
  use_docker
fi
# Nothing of the caller's account, nor another endpoint of a single service, may come near this.
unset "${!AWS_@}"
export AWS_ENDPOINT_URL=$endpoint AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
export TF_DATA_DIR=$folder/terraform TF_IN_AUTOMATION=1
start_replay
apply
tell
watch
