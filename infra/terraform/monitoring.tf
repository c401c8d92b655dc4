# Alarms watch ten metrics: three queues of dead letters, the tracker's silence, errors of five functions, and the age of
# what waits for analysis. As many are free in an account.

locals {
  alarm_actions = concat(
    var.alarm_topic_arn == null ? [] : [var.alarm_topic_arn],
    aws_sns_topic.alarms[*].arn,
  )
}

resource "aws_sns_topic" "alarms" {
  count = var.alarms && var.alarm_email != null ? 1 : 0

  name = "${var.name}-alarms"
  tags = var.tags
}

resource "aws_sns_topic_subscription" "alarms" {
  count = var.alarms && var.alarm_email != null ? 1 : 0

  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "silence" {
  count = var.alarms ? 1 : 0

  alarm_name          = "${var.name}-tracker-silent"
  alarm_description   = "The tracker was not invoked for ten minutes: look at its schedule."
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = "${var.name}-tracker" }
  statistic           = "Sum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 300
  evaluation_periods  = 2
  treat_missing_data  = "breaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  count = var.alarms ? 1 : 0

  alarm_name          = "${var.name}-errors"
  alarm_description   = "Functions failed as a whole, again and again: read their logs."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = var.tags

  metric_query {
    id          = "errors"
    expression  = "SUM(METRICS())"
    label       = "Errors"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = local.functions

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/Lambda"
        metric_name = "Errors"
        dimensions  = { FunctionName = "${var.name}-${metric_query.key}" }
        stat        = "Sum"
        period      = 300
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "waiting" {
  count = var.alarms ? 1 : 0

  alarm_name          = "${var.name}-analysis-waits"
  alarm_description   = "A changeset has waited an hour for its analysis: upstream may be slow or refuse."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = module.queue["analysis"].name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 3600
  period              = 300
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = var.tags
}

# ---- Dashboard

locals {
  lambda_widgets = [
    for title, it in {
      "Invocations" = { metric = "Invocations", stat = "Sum" }
      "Errors"      = { metric = "Errors", stat = "Sum" }
      "Duration"    = { metric = "Duration", stat = "p95" }
      } : {
      title = title
      stat  = it.stat
      metrics = [
        for name in keys(local.functions) : ["AWS/Lambda", it.metric, "FunctionName", "${var.name}-${name}", { label = name }]
      ]
    }
  ]
  queue_widgets = [
    for title, it in {
      "Messages waiting"     = { metric = "ApproximateNumberOfMessagesVisible", end = "" }
      "Age of the oldest, s" = { metric = "ApproximateAgeOfOldestMessage", end = "" }
      "Dead letters"         = { metric = "ApproximateNumberOfMessagesVisible", end = "-dead" }
      } : {
      title = title
      stat  = "Maximum"
      metrics = [
        for name in keys(local.workers) : ["AWS/SQS", it.metric, "QueueName", "${var.name}-${name}${it.end}", { label = name }]
      ]
    }
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard ? 1 : 0

  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [for place, it in concat(local.lambda_widgets, local.queue_widgets) : {
      type   = "metric"
      x      = (place % 3) * 8
      y      = floor(place / 3) * 6
      width  = 8
      height = 6
      properties = {
        title   = it.title
        region  = local.region
        view    = "timeSeries"
        stat    = it.stat
        period  = 60
        metrics = it.metrics
      }
    }]
  })
}

# ---- Budget

resource "aws_budgets_budget" "this" {
  count = var.monthly_budget_usd == null ? 0 : 1

  account_id   = local.account
  name         = var.name
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 }

    content {
      notification_type          = notification.key
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      comparison_operator        = "GREATER_THAN"
      subscriber_email_addresses = [coalesce(var.budget_email, var.alarm_email)]
    }
  }
}
