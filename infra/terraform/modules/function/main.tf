# A function with its role, log, and what invokes it.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition = data.aws_partition.current.partition
  account   = data.aws_caller_identity.current.account_id
  place     = "${data.aws_region.current.id}:${local.account}"

  # Written from the name, so that a plan shows the policies in full.
  arn       = "arn:${local.partition}:lambda:${local.place}:function:${var.name}"
  log_group = "/aws/lambda/${var.name}"

  write_log = {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:${local.partition}:logs:${local.place}:log-group:${local.log_group}:log-stream:*"]
    condition = null
  }
  statements = [
    for it in concat([local.write_log], var.statements) : merge(
      { Effect = "Allow", Action = sort(it.actions), Resource = it.resources },
      it.condition == null ? {} : { Condition = it.condition },
    )
  ]
}

# ---- The function

resource "aws_iam_role" "this" {
  name = var.name
  tags = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name   = var.name
  role   = aws_iam_role.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

# Made here: Lambda's own would be kept for ever, and would stay when everything else is destroyed.
resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_lambda_function" "this" {
  function_name    = var.name
  role             = aws_iam_role.this.arn
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  filename         = var.package
  source_code_hash = try(filebase64sha256(var.package), null)
  memory_size      = var.memory_mb
  timeout          = var.timeout_seconds
  tags             = var.tags

  reserved_concurrent_executions = coalesce(var.reserved_concurrency, -1)

  environment {
    variables = var.environment
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  depends_on = [aws_iam_role_policy.this]

  lifecycle {
    precondition {
      condition     = fileexists(var.package)
      error_message = "There is no ${var.package}: build the packages first (make package)."
    }
  }
}

resource "aws_lambda_function_event_invoke_config" "this" {
  count = var.async == null ? 0 : 1

  function_name                = aws_lambda_function.this.function_name
  maximum_retry_attempts       = var.async.retries
  maximum_event_age_in_seconds = var.async.max_age_seconds
}

# ---- Invoked by queues

resource "aws_lambda_event_source_mapping" "this" {
  for_each = var.queues

  event_source_arn                   = each.value.arn
  function_name                      = aws_lambda_function.this.arn
  batch_size                         = each.value.batch
  maximum_batching_window_in_seconds = each.value.window_seconds
  function_response_types            = each.value.report_partial_failures ? ["ReportBatchItemFailures"] : []
  tags                               = var.tags

  # The limit is the mapping's: reserved concurrency alone would throttle, which counts as a delivery.
  dynamic "scaling_config" {
    for_each = each.value.concurrency == null ? [] : [each.value.concurrency]

    content {
      maximum_concurrency = scaling_config.value
    }
  }

  depends_on = [var.start_after]
}

# ---- Invoked by the stream of a table

resource "aws_lambda_event_source_mapping" "stream" {
  for_each = var.streams

  event_source_arn                   = each.value.arn
  function_name                      = aws_lambda_function.this.arn
  starting_position                  = "TRIM_HORIZON"
  batch_size                         = each.value.batch
  maximum_batching_window_in_seconds = each.value.window_seconds
  function_response_types            = ["ReportBatchItemFailures"]
  tags                               = var.tags

  # What fails is tried for so long; what fails alone is found by halving, and does not take others with it.
  maximum_record_age_in_seconds  = each.value.max_age_seconds
  maximum_retry_attempts         = -1
  bisect_batch_on_function_error = true

  destination_config {
    on_failure {
      destination_arn = each.value.dead_arn
    }
  }

  dynamic "filter_criteria" {
    for_each = each.value.filter == null ? [] : [each.value.filter]

    content {
      filter {
        pattern = jsonencode(filter_criteria.value)
      }
    }
  }

  # The role is asked whether it may, when the mapping is made.
  depends_on = [aws_iam_role_policy.this, var.start_after]
}

# ---- Invoked by the clock

resource "aws_iam_role" "schedule" {
  count = var.schedule == null ? 0 : 1

  name = "${var.name}-schedule"
  tags = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      # Nobody else's schedule can make use of the role.
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "schedule" {
  count = var.schedule == null ? 0 : 1

  name = "${var.name}-schedule"
  role = aws_iam_role.schedule[0].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = [local.arn] }]
  })
}

resource "aws_scheduler_schedule" "this" {
  count = var.schedule == null ? 0 : 1

  name                = var.name
  schedule_expression = var.schedule.expression
  state               = var.schedule.enabled ? "ENABLED" : "DISABLED"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.this.arn
    role_arn = aws_iam_role.schedule[0].arn

    # The next minute does what this one did not.
    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = var.schedule.max_age_seconds
    }
  }

  depends_on = [aws_iam_role_policy.schedule, var.start_after]
}

# ---- Invoked by HTTP

resource "aws_lambda_function_url" "this" {
  count = var.url == null ? 0 : 1

  function_name      = aws_lambda_function.this.function_name
  authorization_type = var.url.authorization
}

# Since October 2025 a function URL wants both.
resource "aws_lambda_permission" "url" {
  for_each = toset(try(var.url.authorization == "NONE", false) ? ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"] : [])

  function_name          = aws_lambda_function.this.function_name
  statement_id           = replace(each.value, "lambda:", "Url")
  action                 = each.value
  principal              = "*"
  function_url_auth_type = each.value == "lambda:InvokeFunctionUrl" ? "NONE" : null
}
