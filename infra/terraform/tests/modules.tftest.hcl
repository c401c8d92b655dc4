# The parts: what a queue, a table, a bucket, a function come to.

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

run "a_queue_sends_what_failed_too_often_to_its_dead_letters" {
  command = plan

  module {
    source = "./modules/queue"
  }

  variables {
    name               = "x"
    visibility_seconds = 360
    max_receive_count  = 3
  }

  assert {
    condition = jsondecode(aws_sqs_queue_redrive_policy.this.redrive_policy) == {
      deadLetterTargetArn = "arn:aws:sqs:eu-central-1:123456789012:x-dead"
      maxReceiveCount     = 3
    }
    error_message = "The queue does not send its dead letters to x-dead after 3 deliveries."
  }
  assert {
    condition = jsondecode(aws_sqs_queue.dead.redrive_allow_policy) == {
      redrivePermission = "byQueue"
      sourceQueueArns   = ["arn:aws:sqs:eu-central-1:123456789012:x"]
    }
    error_message = "The dead letters may come from elsewhere."
  }
  assert {
    condition     = aws_sqs_queue.dead.message_retention_seconds == 1209600 && aws_sqs_queue.this.message_retention_seconds == 345600
    error_message = "Dead letters are kept for 14 days, messages for 4."
  }
  assert {
    condition     = alltrue([for it in [aws_sqs_queue.this, aws_sqs_queue.dead] : it.sqs_managed_sse_enabled && it.max_message_size == 65536])
    error_message = "Queues are encrypted by SQS, and take messages of 64 KB."
  }
  assert {
    condition = alltrue([for it in [aws_sqs_queue.this, aws_sqs_queue.dead] : [for s in jsondecode(it.policy).Statement : {
      effect = s.Effect, action = s.Action, resource = s.Resource, secure = s.Condition.Bool["aws:SecureTransport"]
      }] == [{
      effect = "Deny", action = "sqs:*", resource = "arn:aws:sqs:eu-central-1:123456789012:${it.name}", secure = "false"
    }]])
    error_message = "Plain HTTP is not refused."
  }
}

run "a_table_is_paid_by_request_and_keeps_nothing_that_costs" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    name = "x"
  }

  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST" && !aws_dynamodb_table.this.stream_enabled
    error_message = "The table is not on demand, or has a stream."
  }
  assert {
    condition     = aws_dynamodb_table.this.hash_key == "pk" && aws_dynamodb_table.this.range_key == "sk"
    error_message = "The keys are pk and sk."
  }
  assert {
    condition = { for it in aws_dynamodb_table.this.global_secondary_index : it.name => [it.hash_key, it.range_key, it.projection_type] } == {
      due     = ["state", "due", "KEYS_ONLY"]
      updated = ["day", "updated", "KEYS_ONLY"]
    }
    error_message = "The indices are not those that the program asks."
  }
  assert {
    condition     = { for it in aws_dynamodb_table.this.attribute : it.name => it.type } == { for it in ["pk", "sk", "state", "due", "day", "updated"] : it => "S" }
    error_message = "Keys are strings."
  }
  assert {
    condition     = aws_dynamodb_table.this.ttl[0].attribute_name == "expires" && aws_dynamodb_table.this.ttl[0].enabled
    error_message = "Rows do not expire."
  }
  assert {
    condition     = !aws_dynamodb_table.this.point_in_time_recovery[0].enabled && !aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "Recovery and protection are off by default."
  }
}

run "a_provisioned_table_fits_in_the_free_units" {
  command = plan

  module {
    source = "./modules/table"
  }

  variables {
    name                   = "x"
    billing                = "provisioned"
    stream                 = true
    point_in_time_recovery = true
    deletion_protection    = true
  }

  assert {
    condition = alltrue([
      aws_dynamodb_table.this.read_capacity + sum([for it in aws_dynamodb_table.this.global_secondary_index : it.read_capacity]) == 25,
      aws_dynamodb_table.this.write_capacity + sum([for it in aws_dynamodb_table.this.global_secondary_index : it.write_capacity]) == 25,
    ])
    error_message = "Table and indices have more or less than the 25 free units."
  }
  assert {
    condition     = aws_dynamodb_table.this.stream_view_type == "NEW_AND_OLD_IMAGES"
    error_message = "The stream lacks an image."
  }
  assert {
    condition     = aws_dynamodb_table.this.point_in_time_recovery[0].enabled && aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "Recovery and protection are on when asked for."
  }
}

run "a_bucket_is_closed_and_encrypted" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    name = "some-bucket"
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "The bucket can be opened to the public."
  }
  assert {
    condition     = aws_s3_bucket_ownership_controls.this.rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "Access lists count."
  }
  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"
    error_message = "The bucket is not encrypted by S3."
  }
  assert {
    condition     = one(aws_s3_bucket_lifecycle_configuration.this[0].rule).abort_incomplete_multipart_upload[0].days_after_initiation == 1
    error_message = "Unfinished uploads stay."
  }
  assert {
    condition = [for it in jsondecode(aws_s3_bucket_policy.this[0].policy).Statement : [it.Effect, it.Action, it.Condition.Bool["aws:SecureTransport"]]] == [
      ["Deny", "s3:*", "false"]
    ]
    error_message = "Plain HTTP is not refused."
  }
  assert {
    condition     = aws_s3_bucket.this.force_destroy
    error_message = "Destroying would leave the bucket."
  }
}

run "a_function_has_its_own_role_and_log_and_starts_as_said" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    name            = "x"
    package         = "tests/packages/tracker/bootstrap.zip"
    memory_mb       = 256
    timeout_seconds = 30
    environment     = { A = "b" }
    schedule        = { expression = "rate(1 minute)" }
    async           = { retries = 0, max_age_seconds = 60 }
    queues = { q = {
      arn = "arn:aws:sqs:eu-central-1:123456789012:q", batch = 100, window_seconds = 5, concurrency = 2
    } }
  }

  assert {
    condition = alltrue([
      aws_lambda_function.this.runtime == "provided.al2023",
      aws_lambda_function.this.handler == "bootstrap",
      aws_lambda_function.this.architectures == tolist(["arm64"]),
      aws_lambda_function.this.memory_size == 256,
      aws_lambda_function.this.timeout == 30,
      aws_lambda_function.this.reserved_concurrent_executions == -1,
      aws_lambda_function.this.source_code_hash == filebase64sha256("tests/packages/tracker/bootstrap.zip"),
      aws_lambda_function.this.environment[0].variables == tomap({ A = "b" }),
    ])
    error_message = "The function is not as said."
  }
  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/x" && aws_cloudwatch_log_group.this.retention_in_days == 14
    error_message = "The log is kept for 14 days."
  }
  assert {
    condition = alltrue([
      aws_scheduler_schedule.this[0].state == "ENABLED",
      aws_scheduler_schedule.this[0].target[0].retry_policy[0].maximum_retry_attempts == 0,
      aws_scheduler_schedule.this[0].target[0].retry_policy[0].maximum_event_age_in_seconds == 60,
      aws_lambda_function_event_invoke_config.this[0].maximum_retry_attempts == 0,
    ])
    error_message = "A missed minute is tried again, beside the next one."
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.schedule[0].policy).Statement[0].Resource == ["arn:aws:lambda:eu-central-1:123456789012:function:x"]
    error_message = "The schedule may invoke other functions."
  }
  assert {
    condition = alltrue([
      aws_lambda_event_source_mapping.this["q"].batch_size == 100,
      aws_lambda_event_source_mapping.this["q"].maximum_batching_window_in_seconds == 5,
      aws_lambda_event_source_mapping.this["q"].scaling_config[0].maximum_concurrency == 2,
      aws_lambda_event_source_mapping.this["q"].function_response_types == toset(["ReportBatchItemFailures"]),
    ])
    error_message = "The queue does not invoke the function as said."
  }
  assert {
    condition     = length(aws_lambda_function_url.this) == 0 && length(aws_lambda_permission.url) == 0
    error_message = "The function has an address that nobody asked for."
  }
}

run "a_public_address_has_both_permissions" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    name    = "x"
    package = "tests/packages/tracker/bootstrap.zip"
    url     = { authorization = "NONE" }
  }

  assert {
    condition     = { for it in aws_lambda_permission.url : it.action => it.principal } == { "lambda:InvokeFunction" = "*", "lambda:InvokeFunctionUrl" = "*" }
    error_message = "A function URL wants both permissions."
  }
  assert {
    condition     = aws_lambda_permission.url["lambda:InvokeFunctionUrl"].function_url_auth_type == "NONE"
    error_message = "The permission is for unsigned requests."
  }
}

run "a_signed_address_needs_no_permission" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    name    = "x"
    package = "tests/packages/tracker/bootstrap.zip"
    url     = { authorization = "AWS_IAM" }
  }

  assert {
    condition     = length(aws_lambda_function_url.this) == 1 && length(aws_lambda_permission.url) == 0
    error_message = "Callers of the account have it in their own policies."
  }
}

run "a_missing_package_is_told" {
  command = plan

  module {
    source = "./modules/function"
  }

  variables {
    name    = "x"
    package = "tests/packages/nobody/bootstrap.zip"
  }

  expect_failures = [aws_lambda_function.this]
}
