# A queue with its dead letters. Policies are attributes of the queues, not resources of their own: the provider takes
# half a minute to see each such resource settled.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  dead_name = "${var.name}-dead"
  prefix = join(":", [
    "arn", data.aws_partition.current.partition, "sqs", data.aws_region.current.id,
    data.aws_caller_identity.current.account_id,
  ])
  # Written from their names, so that each queue can speak of the other.
  arn      = "${local.prefix}:${var.name}"
  dead_arn = "${local.prefix}:${local.dead_name}"

  refuse_plain_http = {
    for arn in [local.arn, local.dead_arn] : arn => [
      for statement in [{
        Sid       = "RefusePlainHttp"
        Effect    = "Deny"
        Principal = { AWS = "*" }
        Action    = "sqs:*"
        Resource  = arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }] : statement if !var.allow_http
    ]
  }
  statements      = concat(local.refuse_plain_http[local.arn], var.policy_statements)
  dead_statements = local.refuse_plain_http[local.dead_arn]
}

resource "aws_sqs_queue" "dead" {
  name                      = local.dead_name
  message_retention_seconds = 14 * 86400
  max_message_size          = var.max_message_bytes
  sqs_managed_sse_enabled   = true
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.arn]
  })
  policy = (length(local.dead_statements) == 0 ? null :
  jsonencode({ Version = "2012-10-17", Statement = local.dead_statements }))
  tags = var.tags
}

resource "aws_sqs_queue" "this" {
  name                       = var.name
  visibility_timeout_seconds = var.visibility_seconds
  message_retention_seconds  = var.retention_days * 86400
  max_message_size           = var.max_message_bytes
  sqs_managed_sse_enabled    = true
  policy = (length(local.statements) == 0 ? null :
  jsonencode({ Version = "2012-10-17", Statement = local.statements }))
  tags = var.tags
}

# By itself, so that neither queue waits for the other, and functions for both.
resource "aws_sqs_queue_redrive_policy" "this" {
  queue_url = aws_sqs_queue.this.url
  redrive_policy = jsonencode({
    deadLetterTargetArn = local.dead_arn
    maxReceiveCount     = var.max_receive_count
  })

  depends_on = [aws_sqs_queue.dead]
}
