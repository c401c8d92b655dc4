#!/usr/bin/env bash
# Formats, validates and tests the configuration, without an account or a cloud. An argument names the folder with
# providers, where the registry cannot be reached. Says so, and does nothing, where Terraform is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
plugins=${1:-}

if ! command -v terraform >/dev/null; then
  echo "SKIPPED: infra/terraform is not checked: no terraform here; get it from https://developer.hashicorp.com/terraform/install" >&2
  exit 0
fi
unset TF_CLI_CONFIG_FILE
terraform fmt -check -recursive

initialise() {
  terraform -chdir="$1" init -backend=false -input=false ${plugins:+-plugin-dir="$plugins"} >/dev/null
}

if ! initialise . 2>/dev/null; then
  echo "SKIPPED: infra/terraform is not validated: its provider hashicorp/aws cannot be had; reach the registry, or give the folder of a mirror" >&2
  exit 0
fi
terraform validate
for example in examples/*/; do
  initialise "$example"
  terraform -chdir="$example" validate
done
terraform test
