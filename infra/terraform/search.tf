# The search gateway: a function that follows the table's stream and writes an index of Elasticsearch or OpenSearch. Off, and
# free, unless search_url says where that is.

locals {
  search = var.search_url != null

  search_dead_name = "${var.name}-search-dead"
  search_dead_arn  = "${local.queue_arn}-search-dead"
  search_ca_key    = "search-ca.pem"

  # Apart from what invokes other functions: its address is known only when the table is there.
  search_streams = { table = {
    arn             = module.table.stream_arn
    batch           = var.search_batch
    window_seconds  = var.search_window_seconds
    max_age_seconds = 86400 # as long as a stream keeps what it has
    dead_arn        = local.search_dead_arn
    # Rows of changesets alone. Without it, the counters that the function stores would invoke it again.
    filter = { dynamodb = { Keys = { pk = { S = [{ prefix = "CHANGESET#" }] } } } }
  } }

  search_environment = local.search ? { OSMTRACKER_AWS_STREAM_DEAD = aws_sqs_queue.search_dead[0].url } : {}

  search_statements = concat(
    [
      {
        # A stream's name is the moment of its making, known only then.
        actions   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
        resources = ["${local.table_arn}/stream/*"]
      },
      { actions = ["dynamodb:PutItem"], resources = [local.table_arn] }, # its counters
      { actions = ["sqs:SendMessage"], resources = [local.search_dead_arn] },
    ],
    var.search_credentials_parameter == null ? [] : [{
      actions   = ["ssm:GetParameter"]
      resources = ["arn:${local.partition}:ssm:${local.region}:${local.account}:parameter/${trimprefix(var.search_credentials_parameter, "/")}"]
    }],
  )
}

# What the server never takes, and records that Lambda gave up: each names its changeset or its place in the stream.
resource "aws_sqs_queue" "search_dead" {
  count = local.search ? 1 : 0

  name                      = local.search_dead_name
  message_retention_seconds = 14 * 86400
  sqs_managed_sse_enabled   = true
  policy = var.allow_http ? null : jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "RefusePlainHttp"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "sqs:*"
      Resource  = local.search_dead_arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "search_dead" {
  count = local.search && var.alarms ? 1 : 0

  alarm_name          = "${local.search_dead_name}-letters"
  alarm_description   = "Changesets are not in the search index: read why, mend it, reindex. ${local.runbook}"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = local.search_dead_name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = var.tags
}

resource "aws_s3_object" "search_ca" {
  count = var.search_ca_file == null ? 0 : 1

  bucket      = module.private.name
  key         = "config/${local.search_ca_key}"
  source      = var.search_ca_file
  source_hash = filemd5(var.search_ca_file)
}
