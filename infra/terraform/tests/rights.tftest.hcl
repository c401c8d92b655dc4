# What each function may do: every right is written out here a second time, so that none comes or goes unnoticed.

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
}

run "each_function_may_do_exactly_this" {
  command = plan

  assert {
    condition = jsonencode({ for name, function in module.function : name => sort(flatten([
      for it in jsondecode(function.policy).Statement : [for pair in setproduct(it.Action, it.Resource) : "${pair[0]} ${pair[1]}"]
      ])) }) == jsonencode({ for name, rights in {
      tracker = [
        "dynamodb:DeleteItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:GetItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:PutItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:Query arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker/index/due",
        "logs:CreateLogStream arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/osmtracker-tracker:log-stream:*",
        "logs:PutLogEvents arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/osmtracker-tracker:log-stream:*",
        "s3:GetObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/config/*",
        "s3:GetObject arn:aws:s3:::osmtracker-site-123456789012-eu-central-1/status.json",
        "s3:ListBucket arn:aws:s3:::osmtracker-private-123456789012-eu-central-1",
        "s3:ListBucket arn:aws:s3:::osmtracker-site-123456789012-eu-central-1",
        "s3:PutObject arn:aws:s3:::osmtracker-site-123456789012-eu-central-1/status.json",
        "sqs:SendMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-filter",
      ]
      filter = [
        "dynamodb:GetItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:PutItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:UpdateItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "logs:CreateLogStream arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/osmtracker-filter:log-stream:*",
        "logs:PutLogEvents arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/osmtracker-filter:log-stream:*",
        "s3:GetObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/config/*",
        "s3:ListBucket arn:aws:s3:::osmtracker-private-123456789012-eu-central-1",
        "sqs:ChangeMessageVisibility arn:aws:sqs:eu-central-1:123456789012:osmtracker-filter",
        "sqs:DeleteMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-filter",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-filter",
        "sqs:ReceiveMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-filter",
        "sqs:SendMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-analysis",
        "sqs:SendMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-filter-dead",
        "sqs:SendMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-publish",
      ]
      analyser = [
        "dynamodb:GetItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:PutItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:UpdateItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "logs:CreateLogStream arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/osmtracker-analyser:log-stream:*",
        "logs:PutLogEvents arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/osmtracker-analyser:log-stream:*",
        "s3:GetObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/config/*",
        "s3:ListBucket arn:aws:s3:::osmtracker-private-123456789012-eu-central-1",
        "s3:PutObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/analysis/*",
        "s3:PutObject arn:aws:s3:::osmtracker-site-123456789012-eu-central-1/changesets/*",
        "sqs:ChangeMessageVisibility arn:aws:sqs:eu-central-1:123456789012:osmtracker-analysis",
        "sqs:DeleteMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-analysis",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-analysis",
        "sqs:ReceiveMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-analysis",
        "sqs:SendMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-analysis-dead",
        "sqs:SendMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-publish",
      ]
      publisher = [
        "dynamodb:BatchGetItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:DeleteItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:GetItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:PutItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:Query arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker/index/due",
        "dynamodb:UpdateItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "logs:CreateLogStream arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/osmtracker-publisher:log-stream:*",
        "logs:PutLogEvents arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/osmtracker-publisher:log-stream:*",
        "s3:DeleteObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/analysis/*",
        "s3:DeleteObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/publish/*",
        "s3:DeleteObject arn:aws:s3:::osmtracker-site-123456789012-eu-central-1/*",
        "s3:GetObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/analysis/*",
        "s3:GetObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/config/*",
        "s3:GetObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/publish/*",
        "s3:GetObject arn:aws:s3:::osmtracker-site-123456789012-eu-central-1/*",
        "s3:ListBucket arn:aws:s3:::osmtracker-private-123456789012-eu-central-1",
        "s3:ListBucket arn:aws:s3:::osmtracker-site-123456789012-eu-central-1",
        "s3:PutObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/analysis/*",
        "s3:PutObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/publish/*",
        "s3:PutObject arn:aws:s3:::osmtracker-site-123456789012-eu-central-1/*",
        "sqs:ChangeMessageVisibility arn:aws:sqs:eu-central-1:123456789012:osmtracker-publish",
        "sqs:DeleteMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-publish",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-publish",
        "sqs:ReceiveMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-publish",
        "sqs:SendMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-analysis",
        "sqs:SendMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-notify",
        "sqs:SendMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-publish-dead",
      ]
      supervisor = [
        "dynamodb:DeleteItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:GetItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:PutItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:Query arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:Query arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker/index/due",
        "dynamodb:UpdateItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "logs:CreateLogStream arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/osmtracker-supervisor:log-stream:*",
        "logs:PutLogEvents arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/osmtracker-supervisor:log-stream:*",
        "s3:DeleteObject arn:aws:s3:::osmtracker-site-123456789012-eu-central-1/metrics",
        "s3:GetObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/config/*",
        "s3:GetObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/operations/ledger.json",
        "s3:GetObject arn:aws:s3:::osmtracker-site-123456789012-eu-central-1/status.json",
        "s3:ListBucket arn:aws:s3:::osmtracker-private-123456789012-eu-central-1",
        "s3:ListBucket arn:aws:s3:::osmtracker-site-123456789012-eu-central-1",
        "s3:PutObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/operations/ledger.json",
        "s3:PutObject arn:aws:s3:::osmtracker-site-123456789012-eu-central-1/metrics",
        "s3:PutObject arn:aws:s3:::osmtracker-site-123456789012-eu-central-1/status.json",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-analysis",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-analysis-dead",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-filter",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-filter-dead",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-notify",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-notify-dead",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-publish",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-publish-dead",
        "sqs:SendMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-analysis",
        "sqs:SendMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-notify",
        "sqs:SendMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-publish",
      ]
      api = [
        "dynamodb:BatchGetItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:GetItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:Query arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
        "dynamodb:Query arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker/index/due",
        "dynamodb:Query arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker/index/updated",
        "logs:CreateLogStream arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/osmtracker-api:log-stream:*",
        "logs:PutLogEvents arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/osmtracker-api:log-stream:*",
        "s3:GetObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/analysis/*",
        "s3:GetObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/config/*",
        "s3:GetObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/publish/*",
        "s3:GetObject arn:aws:s3:::osmtracker-site-123456789012-eu-central-1/changesets/*",
        "s3:GetObject arn:aws:s3:::osmtracker-site-123456789012-eu-central-1/status.json",
        "s3:ListBucket arn:aws:s3:::osmtracker-private-123456789012-eu-central-1",
        "s3:ListBucket arn:aws:s3:::osmtracker-site-123456789012-eu-central-1",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-analysis",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-analysis-dead",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-filter",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-filter-dead",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-notify",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-notify-dead",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-publish",
        "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-publish-dead",
      ]
    } : name => sort(rights) })
    error_message = "The rights of functions are not those that are written here; compare with `terraform plan`."
  }

  assert {
    condition = alltrue(flatten([for function in module.function : [
      for it in jsondecode(function.policy).Statement : [
        for word in concat(it.Action, it.Resource) : word != "*" && !can(regex("^[a-z0-9-]+:\\*$", word))
      ]
    ]]))
    error_message = "A policy has * for all actions or all resources."
  }

  assert {
    condition = length(distinct([
      for function in module.function : function.role
    ])) == 6
    error_message = "Functions share a role."
  }
}

run "events_add_their_queue_to_the_tracker_alone" {
  command = plan

  variables {
    ingest = "events"
  }

  assert {
    condition = { for name, function in module.function : name => contains(flatten([
      for it in jsondecode(function.policy).Statement : it.Resource
    ]), "arn:aws:sqs:eu-central-1:123456789012:osmtracker-planet") } == { analyser = false, api = false, filter = false, publisher = false, supervisor = false, tracker = true }
    error_message = "The tracker, and nobody else, receives events."
  }
}

run "the_notifier_reads_and_publishes_what_is_named_and_nothing_else" {
  command = plan

  variables {
    notify_parameters = ["/osmtracker/chat", "/osmtracker/key"]
    notify_topics     = ["arn:aws:sns:eu-central-1:123456789012:edits", "arn:aws:sns:eu-west-1:210987654321:mail.fifo"]
  }

  assert {
    condition = sort(flatten([
      for it in jsondecode(module.function["notifier"].policy).Statement : [for pair in setproduct(it.Action, it.Resource) : "${pair[0]} ${pair[1]}"]
      ])) == sort([
      "dynamodb:BatchGetItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
      "dynamodb:GetItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
      "dynamodb:PutItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
      "dynamodb:UpdateItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
      "logs:CreateLogStream arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/osmtracker-notifier:log-stream:*",
      "logs:PutLogEvents arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/osmtracker-notifier:log-stream:*",
      "s3:GetObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/config/*",
      "s3:ListBucket arn:aws:s3:::osmtracker-private-123456789012-eu-central-1",
      "sns:Publish arn:aws:sns:eu-central-1:123456789012:edits",
      "sns:Publish arn:aws:sns:eu-west-1:210987654321:mail.fifo",
      "sqs:ChangeMessageVisibility arn:aws:sqs:eu-central-1:123456789012:osmtracker-notify",
      "sqs:DeleteMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-notify",
      "sqs:GetQueueAttributes arn:aws:sqs:eu-central-1:123456789012:osmtracker-notify",
      "sqs:ReceiveMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-notify",
      "sqs:SendMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-notify-dead",
      "ssm:GetParameter arn:aws:ssm:eu-central-1:123456789012:parameter/osmtracker/chat",
      "ssm:GetParameter arn:aws:ssm:eu-central-1:123456789012:parameter/osmtracker/key",
    ])
    error_message = "The rights of the notifier are not those that are written here."
  }
  assert {
    condition     = alltrue([for name, function in module.function : name == "notifier" || !can(regex("sns:|ssm:", function.policy))])
    error_message = "Another function reads secrets or publishes."
  }
}

run "with_topics_alone_no_parameter_is_read" {
  command = plan

  variables {
    notify_topics = ["arn:aws:sns:eu-central-1:123456789012:edits"]
  }

  assert {
    condition     = strcontains(module.function["notifier"].policy, "sns:Publish") && !strcontains(module.function["notifier"].policy, "ssm:")
    error_message = "The notifier may read parameters although none is named."
  }
}

run "actions_with_a_star_are_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    name       = "x"
    package    = "tests/packages/tracker/bootstrap.zip"
    statements = [{ actions = ["s3:*"], resources = ["arn:aws:s3:::bucket/*"] }]
  }

  expect_failures = [var.statements]
}

run "all_resources_are_refused" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    name       = "x"
    package    = "tests/packages/tracker/bootstrap.zip"
    statements = [{ actions = ["s3:GetObject"], resources = ["*"] }]
  }

  expect_failures = [var.statements]
}
