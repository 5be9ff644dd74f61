mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name_prefix = "school"
  package_dir = "tests/package"
  functions = {
    api = {
      memory       = 512
      timeout      = 29
      variables    = { ATTENDANCE_REPOSITORY = "dynamodb" }
      policies     = { images-read = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
      dead_letters = false
    }
    ingest    = { reserved_concurrency = 10 }
    relay     = { timeout = 300 }
    notify    = {}
    analytics = {}
  }
}

run "functions_run_what_was_packaged" {
  command = plan

  assert {
    condition     = toset(keys(aws_lambda_function.this)) == toset(["api", "ingest", "relay", "notify", "analytics"])
    error_message = "a function for each zip"
  }

  assert {
    condition     = aws_lambda_function.this["api"].function_name == "school-api" && aws_lambda_function.this["api"].filename == "tests/package/api.zip"
    error_message = "the names of function and zip come of the prefix and the function's name"
  }

  assert {
    condition     = alltrue([for f in aws_lambda_function.this : f.runtime == "provided.al2023" && f.architectures == tolist(["x86_64"])])
    error_message = "the runtime is the one for bootstraps"
  }

  assert {
    condition     = aws_lambda_function.this["api"].memory_size == 512 && aws_lambda_function.this["api"].timeout == 29
    error_message = "memory and timeout are what was asked for"
  }

  assert {
    condition     = aws_lambda_function.this["ingest"].reserved_concurrent_executions == 10
    error_message = "reserved concurrency is what was asked for"
  }

  assert {
    condition     = aws_lambda_function.this["api"].environment[0].variables == tomap({ ATTENDANCE_REPOSITORY = "dynamodb" })
    error_message = "somebody waits for the api: it has no dead-letter queue to know of"
  }

  assert {
    condition     = length(aws_lambda_function.this["api"].vpc_config) == 0
    error_message = "without a network, none is configured"
  }
}

run "logs_end_after_a_while" {
  command = plan

  variables {
    log_retention_days = 14
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.this : group.retention_in_days == 14])
    error_message = "log retention is what was asked for"
  }

  assert {
    condition     = aws_lambda_function.this["relay"].logging_config[0].log_group == "/aws/lambda/school-relay"
    error_message = "a function logs to its own group"
  }
}

run "a_function_has_the_rights_that_it_was_given_and_to_log" {
  command = plan

  assert {
    condition = toset([for key, policy in aws_iam_role_policy.capability : policy.name if startswith(key, "api/")]) == toset([
      "images-read", "log",
    ])
    error_message = "the api has what it was given, and to log"
  }

  assert {
    condition = toset([for key, policy in aws_iam_role_policy.capability : policy.name if startswith(key, "notify/")]) == toset([
      "log", "dead-letters",
    ])
    error_message = "what is called by a stream may send to its dead-letter queue"
  }

  assert {
    condition     = aws_iam_role_policy.capability["api/images-read"].role == "school-eu-west-1-api"
    error_message = "each function has a role of its own"
  }

  assert {
    condition = (
      data.aws_iam_policy_document.log["relay"].statement[0].resources == toset(["arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/school-relay:*"]) &&
      data.aws_iam_policy_document.log["relay"].statement[0].actions == toset(["logs:CreateLogStream", "logs:PutLogEvents"])
    )
    error_message = "a function writes to its own logs only"
  }

  assert {
    condition = [for statement in data.aws_iam_policy_document.dead_letters["relay"].statement : [statement.actions, statement.resources]] == [
      [toset(["sqs:SendMessage"]), toset(["arn:aws:sqs:eu-west-1:123456789012:school-relay-dead-letters"])],
    ]
    error_message = "a function sends to its own dead-letter queue only"
  }
}

run "what_fails_for_good_goes_to_a_queue" {
  command = plan

  assert {
    condition     = toset(keys(aws_sqs_queue.dead_letters)) == toset(["ingest", "relay", "notify", "analytics"])
    error_message = "every function that nobody waits for has a dead-letter queue"
  }

  assert {
    condition     = alltrue([for queue in aws_sqs_queue.dead_letters : queue.sqs_managed_sse_enabled && queue.message_retention_seconds == 1209600])
    error_message = "dead letters are encrypted and kept for 14 days"
  }

  assert {
    condition     = data.aws_iam_policy_document.tls_only["ingest"].statement[0].effect == "Deny"
    error_message = "queues are reached by TLS only"
  }

  assert {
    condition     = alltrue([for config in aws_lambda_function_event_invoke_config.this : config.maximum_retry_attempts == 2])
    error_message = "an asynchronous call is tried three times"
  }
}

run "pictures_call_ingest" {
  command = plan

  variables {
    bucket_trigger = { function = "ingest", bucket = "school-images" }
  }

  assert {
    condition = toset([for trigger in aws_s3_bucket_notification.this[0].lambda_function : "${trigger.filter_prefix}*${trigger.filter_suffix}"]) == toset([
      "checkins/*.jpg", "checkins/*.jpeg", "checkins/*.png",
      "enrolments/*.jpg", "enrolments/*.jpeg", "enrolments/*.png",
    ])
    error_message = "only uploads call the function: what the services store has no suffix"
  }

  assert {
    condition = (
      aws_lambda_permission.bucket[0].source_arn == "arn:aws:s3:::school-images" &&
      aws_lambda_permission.bucket[0].source_account == "123456789012" &&
      aws_lambda_permission.bucket[0].function_name == "school-ingest"
    )
    error_message = "only this bucket of this account may call the function"
  }
}

run "the_outbox_calls_relay" {
  command = plan

  variables {
    table_trigger = {
      function   = "relay"
      stream_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/school/stream/2026-01-01T00:00:00.000"
    }
  }

  assert {
    condition = (
      length(aws_lambda_event_source_mapping.table[0].filter_criteria[0].filter) == 1 &&
      alltrue([for filter in aws_lambda_event_source_mapping.table[0].filter_criteria[0].filter : jsondecode(filter.pattern) == jsondecode(
        "{\"eventName\":[\"INSERT\"],\"dynamodb\":{\"Keys\":{\"sk\":{\"S\":[{\"prefix\":\"outbox#\"}]}}}}"
      )])
    )
    error_message = "only new items of the outbox call the function"
  }

  assert {
    condition = (
      aws_lambda_event_source_mapping.table[0].bisect_batch_on_function_error &&
      aws_lambda_event_source_mapping.table[0].function_response_types == toset(["ReportBatchItemFailures"]) &&
      aws_lambda_event_source_mapping.table[0].maximum_retry_attempts == 5 &&
      aws_lambda_event_source_mapping.table[0].maximum_record_age_in_seconds == 3600 &&
      length(aws_lambda_event_source_mapping.table[0].destination_config) == 1
    )
    error_message = "no record blocks the stream"
  }
}

run "events_call_their_consumers" {
  command = plan

  variables {
    stream_trigger = {
      functions  = ["notify", "analytics"]
      stream_arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/school"
    }
  }

  assert {
    condition     = toset(keys(aws_lambda_event_source_mapping.stream)) == toset(["notify", "analytics"])
    error_message = "each consumer reads the stream for itself"
  }

  assert {
    condition = alltrue([
      for mapping in aws_lambda_event_source_mapping.stream :
      mapping.starting_position == "TRIM_HORIZON" &&
      mapping.bisect_batch_on_function_error &&
      mapping.function_response_types == toset(["ReportBatchItemFailures"]) &&
      mapping.maximum_retry_attempts == 5 &&
      length(mapping.destination_config) == 1
    ])
    error_message = "nothing is left out, and no record blocks a shard"
  }
}

run "the_clock_calls_relay" {
  command = plan

  variables {
    schedules = {
      sweep = { function = "relay", expression = "rate(5 minutes)", input = "{\"do\":\"sweep\"}" }
      relay = { function = "relay", expression = "rate(1 minute)", input = "{\"do\":\"relay\"}" }
    }
  }

  assert {
    condition     = aws_scheduler_schedule.this["sweep"].target[0].input == "{\"do\":\"sweep\"}" && aws_scheduler_schedule.this["sweep"].name == "school-sweep"
    error_message = "a schedule says what is to be done"
  }

  assert {
    condition = [for statement in data.aws_iam_policy_document.schedules[0].statement : [statement.actions, statement.resources]] == [
      [toset(["lambda:InvokeFunction"]), toset(["arn:aws:lambda:eu-west-1:123456789012:function:school-relay"])],
      [toset(["sqs:SendMessage"]), toset(["arn:aws:sqs:eu-west-1:123456789012:school-relay-dead-letters"])],
    ]
    error_message = "the schedules may call what they call, and nothing else"
  }
}

run "in_a_network_lambda_makes_interfaces_and_the_code_does_not" {
  command = plan

  variables {
    network = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition     = alltrue([for f in aws_lambda_function.this : f.vpc_config[0].subnet_ids == toset(["subnet-1", "subnet-2"])])
    error_message = "every function runs in the network"
  }

  assert {
    condition = [for statement in data.aws_iam_policy_document.network["api"].statement : [statement.sid, statement.actions, statement.resources]] == [
      ["InterfacesMake", toset([
        "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses",
      ]), toset(["arn:aws:ec2:eu-west-1:123456789012:*/*"])],
      ["InterfacesDescribe", toset(["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]), toset(["*"])],
      ["InterfacesDenyToCode", setunion(
        data.aws_iam_policy_document.network["api"].statement[0].actions, data.aws_iam_policy_document.network["api"].statement[1].actions,
      ), toset(["*"])],
    ]
    error_message = "Lambda makes interfaces of this account and region only"
  }

  assert {
    condition = (
      data.aws_iam_policy_document.network["api"].statement[2].effect == "Deny" &&
      one(data.aws_iam_policy_document.network["api"].statement[2].condition).values == tolist(["arn:aws:lambda:eu-west-1:123456789012:function:school-api"])
    )
    error_message = "the function's own code is denied what Lambda may do for it"
  }

  assert {
    condition     = keys(output.wildcards) == tolist([for statement in data.aws_iam_policy_document.network["api"].statement : statement.sid if statement.effect != "Deny" && contains(statement.resources, "*")])
    error_message = "every statement with the resource * has a reason"
  }
}

run "a_key_of_ones_own_encrypts_queues_logs_and_variables" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/7c0d2f0a-6f4e-4b55-9a43-0f3c8a9f1d11"
  }

  assert {
    condition = (
      aws_sqs_queue.dead_letters["relay"].kms_master_key_id == var.kms_key_arn &&
      aws_cloudwatch_log_group.this["relay"].kms_key_id == var.kms_key_arn &&
      aws_lambda_function.this["relay"].kms_key_arn == var.kms_key_arn
    )
    error_message = "the key is used everywhere"
  }

  assert {
    condition     = data.aws_iam_policy_document.dead_letters["relay"].statement[1].resources == toset([var.kms_key_arn])
    error_message = "who sends to an encrypted queue may use its key"
  }
}

run "without_zips_the_command_that_makes_them_is_named" {
  command = plan

  variables {
    package_dir = "tests/no-such-folder"
  }

  expect_failures = [output.functions]
}

run "wrong_inputs_are_refused" {
  command = plan

  variables {
    name_prefix        = "School"
    architecture       = "x86"
    log_retention_days = 31
    bucket_trigger     = { function = "ingestion", bucket = "school-images" }
    table_trigger      = { function = "api", stream_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/school/stream/1" }
    stream_trigger     = { functions = ["notify", "metrics"], stream_arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/school" }
    schedules          = { sweep = { function = "api", expression = "every day", input = "sweep" } }
  }

  expect_failures = [
    var.name_prefix, var.architecture, var.log_retention_days, var.bucket_trigger, var.table_trigger, var.stream_trigger, var.schedules,
  ]
}

run "memory_and_time_have_limits" {
  command = plan

  variables {
    functions = { api = { memory = 64, timeout = 1000 } }
  }

  expect_failures = [var.functions]
}
