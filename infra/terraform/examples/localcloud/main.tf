# The same machine on a local cloud. AWS_ENDPOINT_URL says where that is: the provider reads it, and functions inherit it
# from the cloud that runs them.

provider "aws" {
  region     = var.region
  access_key = "test"
  secret_key = "test"

  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

module "osmtracker" {
  source = "../.."

  name         = var.name
  packages     = var.packages
  architecture = var.architecture
  environment  = var.environment

  area          = var.area
  area_files    = var.area_files
  contact       = var.contact
  since         = var.since
  from_sequence = var.from_sequence
  rules         = var.rules
  config_file   = var.config_file

  replication_url = var.replication_url
  api_url         = var.api_url
  adiff_url       = var.adiff_url
  sources         = var.sources
  allow_private   = true
  total_seconds   = var.total_seconds

  title         = var.title
  notice        = var.notice
  documents     = var.documents
  horizon_hours = var.horizon_hours
  lease_seconds = var.lease_seconds
  log_level     = var.log_level

  functions               = var.functions
  tracker_schedule        = var.tracker_schedule
  supervisor_schedule     = var.supervisor_schedule
  schedules_enabled       = var.schedules_enabled
  filter_window_seconds   = var.filter_window_seconds
  analysis_window_seconds = var.analysis_window_seconds
  publish_window_seconds  = var.publish_window_seconds
  publish_seconds         = var.publish_seconds
  status_seconds          = var.status_seconds
  max_receive_count       = var.max_receive_count
  visibility_seconds      = var.visibility_seconds

  # Nobody signs, and the machine is the limit.
  api_authorization            = "NONE"
  api_concurrency              = null
  search_url                   = var.search_url
  search_credentials_parameter = var.search_credentials_parameter
  search_allow_http            = true

  notify_parameters = var.notify_parameters
  notify_topics     = var.notify_topics

  # No distribution, no TLS.
  delivery           = "none"
  allow_http         = true
  site_url           = "${trimsuffix(coalesce(var.site_url, "${trimsuffix(var.endpoint, "/")}/${local.site_bucket}"), "/")}/"
  abort_uploads_days = var.abort_uploads_days

  alarms    = var.alarms
  dashboard = var.dashboard
}

data "aws_caller_identity" "current" {}

locals {
  site_bucket = "${var.name}-site-${data.aws_caller_identity.current.account_id}-${var.region}"
}
