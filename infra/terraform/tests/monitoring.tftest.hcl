# Who is told of what, and what the dashboard shows.

mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-central-1", name = "eu-central-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

variables {
  packages = "tests/packages"
  area     = "DK"
  contact  = "me@example.org"
  site_url = "https://osm.example.org/" # so that a plan knows it
  name     = "osm-dk"
}

run "alarms" {
  command = plan

  variables {
    alarm_topic_arn = "arn:aws:sns:eu-central-1:123456789012:operators"
    alarm_cost_usd  = 2.5
  }

  assert {
    condition = toset(output.alarms) == toset([
      "osm-dk-lag", "osm-dk-queue-age", "osm-dk-dead-letters", "osm-dk-problems", "osm-dk-cost",
      "osm-dk-tracker-silent", "osm-dk-throttled", "osm-dk-errors",
    ])
    error_message = "The alarms are not those that are documented."
  }
  assert {
    condition = toset(output.alarms) == toset(concat(
      [for it in aws_cloudwatch_metric_alarm.own : it.alarm_name],
      [for it in concat(
        aws_cloudwatch_metric_alarm.cost, aws_cloudwatch_metric_alarm.silence,
        aws_cloudwatch_metric_alarm.throttles, aws_cloudwatch_metric_alarm.waiting
      ) : it.alarm_name],
    ))
    error_message = "The output names other alarms than there are."
  }
  assert {
    condition     = length(output.alarms) - 1 + length([for it in aws_cloudwatch_metric_alarm.waiting[0].metric_query : it if length(it.metric) > 0]) == 10
    error_message = "Other than ten metrics are watched, which are free."
  }
  assert {
    condition = { for it in aws_cloudwatch_metric_alarm.own : it.alarm_name => [it.metric_name, it.threshold, it.period * it.evaluation_periods, it.treat_missing_data] } == {
      "osm-dk-lag"          = ["LagSeconds", 600, 2 * 300, "breaching"]
      "osm-dk-dead-letters" = ["DeadLetters", 0, 300, "ignore"]
      "osm-dk-problems"     = ["Problems", 0, 300, "ignore"]
      "osm-dk-errors"       = ["StepFailures", 5, 2 * 300, "notBreaching"]
    }
    error_message = "The alarms do not watch what the supervisor tells."
  }
  assert {
    condition = alltrue([for it in aws_cloudwatch_metric_alarm.own : alltrue([
      it.namespace == "osmtracker", it.dimensions == tomap({ Deployment = "osm-dk" }),
      it.statistic == (it.metric_name == "StepFailures" ? "Sum" : "Maximum"),
      it.comparison_operator == "GreaterThanThreshold",
    ])])
    error_message = "The alarms watch another deployment's metrics."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.cost[0].threshold == 2.5 && aws_cloudwatch_metric_alarm.cost[0].metric_name == "CostEstimateDollars"
    error_message = "The cost that is told of is not the one that was said."
  }
  assert {
    condition = alltrue([
      aws_cloudwatch_metric_alarm.silence[0].dimensions == tomap({ FunctionName = "osm-dk-tracker" }),
      aws_cloudwatch_metric_alarm.silence[0].treat_missing_data == "breaching",
      aws_cloudwatch_metric_alarm.throttles[0].metric_name == "Throttles",
      aws_cloudwatch_metric_alarm.throttles[0].dimensions == null,
    ])
    error_message = "A tracker that does not run, or functions that are held back, go unseen."
  }
  assert {
    condition = toset([for it in aws_cloudwatch_metric_alarm.waiting[0].metric_query : jsonencode([it.metric[0].metric_name, it.metric[0].dimensions]) if length(it.metric) > 0]) == toset([
      for queue in ["filter", "analysis", "publish"] : jsonencode(["ApproximateAgeOfOldestMessage", { QueueName = "osm-dk-${queue}" }])
    ])
    error_message = "A queue whose messages wait goes unseen."
  }
  assert {
    condition = alltrue([
      for it in concat(
        values(aws_cloudwatch_metric_alarm.own), aws_cloudwatch_metric_alarm.cost, aws_cloudwatch_metric_alarm.silence,
        aws_cloudwatch_metric_alarm.throttles, aws_cloudwatch_metric_alarm.waiting
      ) : it.alarm_actions == it.ok_actions && toset(it.alarm_actions) == toset(["arn:aws:sns:eu-central-1:123456789012:operators"]) && strcontains(it.alarm_description, "docs/runbook.md")
    ])
    error_message = "An alarm does not tell the topic that it begins and ends, or where to read on."
  }
  assert {
    condition     = length(aws_sns_topic.alarms) == 0
    error_message = "A topic is made although there is one."
  }
}

run "alarms_know_how_often_they_are_told" {
  command = plan

  variables {
    status_seconds = 45
  }

  assert {
    condition = { for name, it in aws_cloudwatch_metric_alarm.own : name => [it.period, it.evaluation_periods] } == {
      lag = [60, 5], dead-letters = [60, 1], problems = [60, 2], errors = [300, 2]
    }
    error_message = "Alarms wait for longer than they have to, or take silence for an answer."
  }
}

run "a_topic_is_made_for_an_address" {
  command = plan

  variables {
    alarm_email = "me@example.org"
  }

  assert {
    condition     = aws_sns_topic.alarms[0].name == "osm-dk-alarms" && aws_sns_topic_subscription.alarms[0].endpoint == "me@example.org"
    error_message = "Alarms are not mailed."
  }
}

run "the_dashboard" {
  command = plan

  assert {
    condition = [for it in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : it.properties.title] == [
      "Alarms",
      "Behind OpenStreetMap, s", "Matching changesets, failed steps", "Problems, changesets given up",
      "Age of the site's newest generation, s", "Cost of thirty days, USD", "Messages waiting",
      "Age of the oldest, s", "Dead letters", "Invocations",
      "Errors", "Duration, p95", "Throttles",
    ]
    error_message = "The dashboard shows more or less than is documented."
  }
  assert {
    condition     = toset(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets[0].properties.alarms) == toset([for name in output.alarms : "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:${name}"])
    error_message = "The dashboard shows other alarms than there are."
  }
  assert {
    condition = length(setsubtract(
      flatten([for it in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : [for metric in try(it.properties.metrics, []) : metric[1] if metric[0] == "osmtracker"]]),
      # As crates/aws/src/lambda/cloudwatch.rs writes them.
      ["LagSeconds", "HeadAgeSeconds", "DeadLetters", "Quarantined", "Problems", "ChangesetsMatched", "StepFailures", "CostEstimateDollars", "GenerationAgeSeconds"],
    )) == 0
    error_message = "The dashboard asks for metrics that nobody writes."
  }
}

run "no_alarms" {
  command = plan

  variables {
    alarms = false
  }

  assert {
    condition     = output.alarms == [] && jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets[0].properties.title != "Alarms"
    error_message = "The dashboard shows alarms that are not there."
  }
}
