# osmtracker on AWS, the whole deployment: a scheduled tracker, four queues with their workers, a supervisor, one table,
# and two buckets. What is in which file:
#
#     api.tf         who may ask the API
#     config.tf      the configuration that functions read
#     functions.tf   functions, what invokes them, their environment
#     iam.tf         what each function may do
#     storage.tf     table, buckets, queues
#     ingest.tf      events of OpenStreetMap's own bucket, if wanted
#     search.tf      a search index that follows the table, if wanted
#     monitoring.tf  dashboard, alarms, budget

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id
  account   = data.aws_caller_identity.current.account_id

  # What workers receive from.
  workers = { filter = "filter", analysis = "analyser", publish = "publisher", notify = "notifier" }

  # Without a secret or a topic there is nobody who could be told.
  notifies = length(var.notify_parameters) + length(var.notify_topics) > 0

  # Names are unique in the world, so account and region are in them.
  site_bucket    = "${var.name}-site-${local.account}-${local.region}"
  private_bucket = "${var.name}-private-${local.account}-${local.region}"
  config_key     = "config/osmtracker.toml"

  # Written from names, not read from resources, so that a plan shows each function's rights in full.
  table_arn = "arn:${local.partition}:dynamodb:${local.region}:${local.account}:table/${var.name}"
  queue_arn = "arn:${local.partition}:sqs:${local.region}:${local.account}:${var.name}"
  # A parameter's name begins with a slash.
  parameter_arn = "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter"

  site_arn    = "arn:${local.partition}:s3:::${local.site_bucket}"
  private_arn = "arn:${local.partition}:s3:::${local.private_bucket}"
}
