mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name_prefix = "attendance"
}

run "one_shard_keeps_encrypted_events_for_a_day" {
  command = plan

  assert {
    condition     = aws_kinesis_stream.events.name == "attendance-events" && one(aws_kinesis_stream.events.stream_mode_details).stream_mode == "PROVISIONED" && aws_kinesis_stream.events.shard_count == 1
    error_message = "It is the cheapest stream."
  }
  assert {
    condition     = aws_kinesis_stream.events.encryption_type == "KMS" && aws_kinesis_stream.events.kms_key_id == "alias/aws/kinesis"
    error_message = "It is encrypted."
  }
  assert {
    condition     = aws_kinesis_stream.events.retention_period == 24
    error_message = "Events are kept for a day."
  }
}

run "each_capability_names_its_calls" {
  command = plan

  assert {
    condition = [for statement in data.aws_iam_policy_document.publish.statement : [statement.actions, statement.resources]] == [
      [toset(["kinesis:PutRecords"]), toset(["arn:aws:kinesis:eu-west-1:123456789012:stream/attendance-events"])],
    ]
    error_message = "Who publishes can't read."
  }
  assert {
    condition     = one(data.aws_iam_policy_document.consume.statement).resources == toset(["arn:aws:kinesis:eu-west-1:123456789012:stream/attendance-events"]) && !contains(one(data.aws_iam_policy_document.consume.statement).actions, "kinesis:PutRecords")
    error_message = "Who consumes can't publish."
  }
}

run "each_policy_is_its_own_document" {
  command = plan

  override_data {
    target = data.aws_iam_policy_document.publish
    values = { json = "\"publish\"" }
  }
  override_data {
    target = data.aws_iam_policy_document.consume
    values = { json = "\"consume\"" }
  }

  assert {
    condition     = { for name, policy in output.policies : name => jsondecode(policy) } == { publish = "publish", consume = "consume" }
    error_message = "An output gives the document of its name."
  }
}

run "on_demand_has_no_shards" {
  command = plan

  variables {
    mode   = "ON_DEMAND"
    shards = 4
  }

  assert {
    condition     = aws_kinesis_stream.events.shard_count == null
    error_message = "Kinesis chooses them."
  }
}

run "a_key_of_ones_own_is_used_and_may_be_used_through_kinesis_only" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/0192f3a4-7c1e-7b3a-8c55-0123456789ab"
  }

  assert {
    condition     = aws_kinesis_stream.events.kms_key_id == var.kms_key_arn
    error_message = "The stream is encrypted with the key."
  }
  assert {
    condition = [for document in [data.aws_iam_policy_document.publish, data.aws_iam_policy_document.consume] : [document.statement[1].actions, document.statement[1].resources, one(document.statement[1].condition).values]] == [
      [toset(["kms:GenerateDataKey"]), toset([var.kms_key_arn]), tolist(["kinesis.eu-west-1.amazonaws.com"])],
      [toset(["kms:Decrypt"]), toset([var.kms_key_arn]), tolist(["kinesis.eu-west-1.amazonaws.com"])],
    ]
    error_message = "A publisher encrypts, a consumer decrypts."
  }
}

run "wrong_inputs_are_refused" {
  command = plan

  variables {
    mode            = "on-demand"
    shards          = 0
    retention_hours = 12
  }

  expect_failures = [var.mode, var.shards, var.retention_hours]
}
