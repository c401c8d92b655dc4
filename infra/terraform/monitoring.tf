# Alarms watch ten metrics, as many as are free in an account: lag, dead letters, problems, failed steps and cost, which the
# supervisor tells; the age of what waits on three queues, the tracker's silence and throttles, which AWS tells. A search index has
# one more.

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

# What the supervisor tells CloudWatch whenever it looks at everything (status_seconds), in the embedded metric format:
# crates/aws/src/lambda/cloudwatch.rs. Ten would be free.
locals {
  namespace  = "osmtracker"
  dimensions = { Deployment = var.name }
  told_every = 60 * max(1, ceil(var.status_seconds / 60))

  own_alarms = {
    lag = {
      metric      = "LagSeconds"
      threshold   = 600
      seconds     = 300
      description = "The newest file that was processed is over ten minutes old, or the supervisor is silent."
      missing     = "breaching"
      least       = 2 # one may be late
    }
    dead-letters = {
      metric      = "DeadLetters"
      threshold   = 0
      seconds     = 0
      description = "Messages were put aside: read them, mend the cause, redrive them."
    }
    problems = {
      metric      = "Problems"
      threshold   = 0
      seconds     = 120
      description = "Something needs a person: status.json of the site and osmtracker doctor say what."
    }
    errors = {
      metric      = "StepFailures"
      statistic   = "Sum"
      threshold   = 5
      seconds     = 600
      least       = 2
      period      = max(300, local.told_every) # of which the sum is
      description = "Steps fail again and again, in any function: read its log."
      missing     = "notBreaching"
    }
  }

  runbook = "See docs/runbook.md."
}

resource "aws_cloudwatch_metric_alarm" "own" {
  for_each = var.alarms ? local.own_alarms : {}

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${each.value.description} ${local.runbook}"
  namespace           = local.namespace
  metric_name         = each.value.metric
  dimensions          = local.dimensions
  statistic           = try(each.value.statistic, "Maximum")
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = try(each.value.period, local.told_every)
  evaluation_periods  = max(try(each.value.least, 1), ceil(each.value.seconds / try(each.value.period, local.told_every)))
  # As long as nobody knows, it stays as it was: that nobody knows is what the alarm about the lag is for.
  treat_missing_data = try(each.value.missing, "ignore")
  alarm_actions      = local.alarm_actions
  ok_actions         = local.alarm_actions
  tags               = var.tags
}

resource "aws_cloudwatch_metric_alarm" "cost" {
  count = var.alarms ? 1 : 0

  alarm_name          = "${var.name}-cost"
  alarm_description   = "Thirty days at the present pace would cost over ${var.alarm_cost_usd} dollars, as the supervisor estimates. ${local.runbook}"
  namespace           = local.namespace
  metric_name         = "CostEstimateDollars"
  dimensions          = local.dimensions
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarm_cost_usd
  period              = 3600
  evaluation_periods  = 1
  treat_missing_data  = "ignore"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "silence" {
  count = var.alarms ? 1 : 0

  alarm_name          = "${var.name}-tracker-silent"
  alarm_description   = "The tracker was not invoked for ten minutes: look at its schedule. ${local.runbook}"
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

resource "aws_cloudwatch_metric_alarm" "throttles" {
  count = var.alarms ? 1 : 0

  alarm_name          = "${var.name}-throttled"
  alarm_description   = "Lambda refuses to run functions: the account runs as many at a time as it may, other people's included. ${local.runbook}"
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles" # without a dimension: of the account in this region, whose limit it is
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 10
  period              = 300
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = var.tags
}

# SQS tells the age of a message to CloudWatch alone.
resource "aws_cloudwatch_metric_alarm" "waiting" {
  count = var.alarms ? 1 : 0

  alarm_name          = "${var.name}-queue-age"
  alarm_description   = "A message has waited over ten minutes: its function fails, is held back, or is too slow. ${local.runbook}"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 600
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  ok_actions          = local.alarm_actions
  tags                = var.tags

  metric_query {
    id          = "oldest"
    expression  = "MAX(METRICS())"
    label       = "Age of the oldest message"
    return_data = true
  }

  dynamic "metric_query" {
    # A notification that is not taken comes again for a day: it is no sign of a function that fails.
    for_each = { for queue, function in local.workers : queue => function if queue != "notify" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/SQS"
        metric_name = "ApproximateAgeOfOldestMessage"
        dimensions  = { QueueName = "${var.name}-${metric_query.key}" }
        stat        = "Maximum"
        period      = 300
      }
    }
  }
}

locals {
  alarm_names = [
    for name in concat(keys(local.own_alarms), ["cost", "tracker-silent", "throttled", "queue-age"], local.search ? ["search-dead-letters"] : []) : "${var.name}-${name}" if var.alarms
  ]
}

# ---- Dashboard

locals {
  lambda_widgets = [
    for it in [
      { title = "Invocations", metric = "Invocations", stat = "Sum" },
      { title = "Errors", metric = "Errors", stat = "Sum" },
      { title = "Duration, p95", metric = "Duration", stat = "p95" },
      { title = "Throttles", metric = "Throttles", stat = "Sum" },
      ] : {
      title = it.title
      stat  = it.stat
      metrics = [
        for name in keys(local.functions) : ["AWS/Lambda", it.metric, "FunctionName", "${var.name}-${name}", { label = name }]
      ]
    }
  ]
  queue_widgets = [
    for it in [
      { title = "Messages waiting", metric = "ApproximateNumberOfMessagesVisible", end = "" },
      { title = "Age of the oldest, s", metric = "ApproximateAgeOfOldestMessage", end = "" },
      { title = "Dead letters", metric = "ApproximateNumberOfMessagesVisible", end = "-dead" },
      ] : {
      title = it.title
      stat  = "Maximum"
      metrics = [
        for name in keys(local.workers) : ["AWS/SQS", it.metric, "QueueName", "${var.name}-${name}${it.end}", { label = name }]
      ]
    }
  ]
  own_widgets = [
    for it in [
      { title = "Behind OpenStreetMap, s", stat = "Maximum", metrics = ["LagSeconds", "HeadAgeSeconds"] },
      { title = "Matching changesets, failed steps", stat = "Sum", metrics = ["ChangesetsMatched", "StepFailures"] },
      { title = "Problems, changesets given up", stat = "Maximum", metrics = ["Problems", "Quarantined"] },
      { title = "Age of the site's newest generation, s", stat = "Maximum", metrics = ["GenerationAgeSeconds"] },
      { title = "Cost of thirty days, USD", stat = "Maximum", metrics = ["CostEstimateDollars"] },
      ] : {
      title   = it.title
      stat    = it.stat
      period  = local.told_every
      metrics = [for metric in it.metrics : [local.namespace, metric, "Deployment", var.name, { label = metric }]]
    }
  ]
  alarm_widgets = [for names in [local.alarm_names] : {
    type   = "alarm"
    x      = 0
    y      = 0
    width  = 24
    height = 2
    properties = {
      title  = "Alarms"
      alarms = [for name in names : "arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:${name}"]
    }
  } if length(names) > 0]
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard ? 1 : 0

  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = concat(local.alarm_widgets, [for place, it in concat(local.own_widgets, local.queue_widgets, local.lambda_widgets) : {
      type   = "metric"
      x      = (place % 3) * 8
      y      = 2 + floor(place / 3) * 6
      width  = 8
      height = 6
      properties = {
        title   = it.title
        region  = local.region
        view    = "timeSeries"
        stat    = it.stat
        period  = try(it.period, 60)
        metrics = it.metrics
      }
    }])
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
