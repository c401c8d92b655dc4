# The search index: nothing of it unless it is asked for, and then a function that follows the table.

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
  delivery = "none"
}

run "there_is_nothing_of_it_unless_it_is_asked_for" {
  command = plan

  assert {
    condition = alltrue([
      !contains(keys(local.functions), "search"),
      length(aws_sqs_queue.search_dead) == 0,
      length(aws_cloudwatch_metric_alarm.search_dead) == 0,
      length(aws_s3_object.search_ca) == 0,
      module.table.stream_arn == null,
      !strcontains(aws_s3_object.config.content, "search"),
      output.search_dead_letters == null,
    ])
    error_message = "There is something of a search index that nobody asked for."
  }
}

run "a_function_follows_the_table" {
  command = plan

  variables {
    search_url                   = "https://search.example.org:9200"
    search_index                 = "dk"
    search_credentials_parameter = "/osmtracker/search"
    search_ca_file               = "tests/lake.poly"
  }

  assert {
    condition = jsonencode({ for key, it in local.search_streams.table : key => it if key != "arn" }) == jsonencode({
      batch           = 500
      dead_arn        = "arn:aws:sqs:eu-central-1:123456789012:osmtracker-search-dead"
      filter          = { dynamodb = { Keys = { pk = { S = [{ prefix = "CHANGESET#" }] } } } }
      max_age_seconds = 86400
      window_seconds  = 10
    })
    error_message = "The stream does not invoke the function as said."
  }
  assert {
    condition = strcontains(aws_s3_object.config.content, <<-EOT

      [search]
      ca_file = "search-ca.pem"
      credentials_parameter = "/osmtracker/search"
      index = "dk"
      url = "https://search.example.org:9200"

      [log]
    EOT
    )
    error_message = "The configuration does not say where the index is."
  }
  assert {
    condition     = aws_s3_object.search_ca[0].key == "config/search-ca.pem"
    error_message = "The certificate is not beside the configuration."
  }
  assert {
    condition = sort(flatten([
      for it in jsondecode(module.function["search"].policy).Statement : [for pair in setproduct(it.Action, it.Resource) : "${pair[0]} ${pair[1]}"]
      ])) == tolist([
      "dynamodb:DescribeStream arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker/stream/*",
      "dynamodb:GetRecords arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker/stream/*",
      "dynamodb:GetShardIterator arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker/stream/*",
      "dynamodb:ListStreams arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker/stream/*",
      "dynamodb:PutItem arn:aws:dynamodb:eu-central-1:123456789012:table/osmtracker",
      "logs:CreateLogStream arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/osmtracker-search:log-stream:*",
      "logs:PutLogEvents arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/osmtracker-search:log-stream:*",
      "s3:GetObject arn:aws:s3:::osmtracker-private-123456789012-eu-central-1/config/*",
      "s3:ListBucket arn:aws:s3:::osmtracker-private-123456789012-eu-central-1",
      "sqs:SendMessage arn:aws:sqs:eu-central-1:123456789012:osmtracker-search-dead",
      "ssm:GetParameter arn:aws:ssm:eu-central-1:123456789012:parameter/osmtracker/search",
    ])
    error_message = "The search function may do more or less than it needs."
  }
  assert {
    condition = alltrue([for name, function in module.function : name == "search" || !anytrue([
      for it in jsondecode(function.policy).Statement : anytrue([for action in it.Action : startswith(action, "ssm:")])
    ])])
    error_message = "Another function may read the credentials."
  }
  assert {
    condition = jsondecode(aws_sqs_queue.search_dead[0].policy).Statement == [{
      Sid       = "RefusePlainHttp"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "sqs:*"
      Resource  = "arn:aws:sqs:eu-central-1:123456789012:osmtracker-search-dead"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "The queue of what is put aside answers plain HTTP."
  }
  assert {
    condition     = contains(output.alarms, "osmtracker-search-dead-letters")
    error_message = "Nobody is told of what is put aside."
  }
}

run "without_credentials_no_secret_may_be_read" {
  command = plan

  variables {
    search_url = "https://search.example.org"
    alarms     = false
  }

  assert {
    condition     = !strcontains(module.function["search"].policy, "ssm:") && length(aws_cloudwatch_metric_alarm.search_dead) == 0
    error_message = "A right or an alarm that nobody asked for."
  }
}

run "a_stream_is_tried_for_a_day_and_halved" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    name    = "x"
    package = "tests/packages/search/bootstrap.zip"
    streams = { table = {
      arn             = "arn:aws:dynamodb:eu-central-1:123456789012:table/t/stream/2026-11-22T09:00:00.000"
      batch           = 500
      window_seconds  = 10
      max_age_seconds = 86400
      dead_arn        = "arn:aws:sqs:eu-central-1:123456789012:dead"
      filter          = { dynamodb = { Keys = { pk = { S = [{ prefix = "CHANGESET#" }] } } } }
    } }
  }

  assert {
    condition = alltrue([for it in [aws_lambda_event_source_mapping.stream["table"]] : alltrue([
      it.starting_position == "TRIM_HORIZON",
      it.batch_size == 500,
      it.maximum_batching_window_in_seconds == 10,
      it.maximum_record_age_in_seconds == 86400,
      it.maximum_retry_attempts == -1,
      it.bisect_batch_on_function_error,
      it.function_response_types == toset(["ReportBatchItemFailures"]),
      it.destination_config[0].on_failure[0].destination_arn == "arn:aws:sqs:eu-central-1:123456789012:dead",
      one(it.filter_criteria[0].filter).pattern == "{\"dynamodb\":{\"Keys\":{\"pk\":{\"S\":[{\"prefix\":\"CHANGESET#\"}]}}}}",
    ])])
    error_message = "The stream's mapping is not as said."
  }
}

run "what_no_variable_can_be" {
  command = plan

  variables {
    search_url            = "https://elastic:geheim@search.example.org"
    search_ca_file        = "tests/nobody.pem"
    search_batch          = 0
    search_window_seconds = 301
  }

  expect_failures = [
    var.search_url, var.search_ca_file, var.search_batch, var.search_window_seconds,
  ]
}

run "a_secret_without_encryption_is_refused" {
  command = plan

  variables {
    search_url = "http://search.example.org:9200"
  }

  expect_failures = [var.search_url]
}

run "a_parameter_has_a_name_of_a_parameter" {
  command = plan

  variables {
    search_url                   = "https://search.example.org"
    search_credentials_parameter = "elastic:geheim"
  }

  expect_failures = [var.search_credentials_parameter]
}

run "credentials_without_a_server_are_refused" {
  command = plan

  variables {
    search_credentials_parameter = "/osmtracker/search"
  }

  expect_failures = [var.search_credentials_parameter]
}
