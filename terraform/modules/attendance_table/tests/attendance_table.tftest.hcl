mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name_prefix = "attendance"
}

run "the_table_is_as_the_library_reads_it" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.records.name == "attendance-records" && aws_dynamodb_table.records.hash_key == "pk" && aws_dynamodb_table.records.range_key == "sk"
    error_message = "The keys are pk and sk."
  }
  assert {
    condition     = { for attribute in aws_dynamodb_table.records.attribute : attribute.name => attribute.type } == { pk = "S", sk = "S" }
    error_message = "Both keys are texts, and nothing else is indexed."
  }
  assert {
    condition     = one(aws_dynamodb_table.records.ttl).attribute_name == "expires_at" && one(aws_dynamodb_table.records.ttl).enabled
    error_message = "Deliveries expire by expires_at."
  }
  assert {
    condition     = aws_dynamodb_table.records.stream_enabled && aws_dynamodb_table.records.stream_view_type == "KEYS_ONLY"
    error_message = "The stream tells keys and nothing personal."
  }
}

run "what_is_remembered_is_protected_and_costs_nothing_while_idle" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.records.deletion_protection_enabled && one(aws_dynamodb_table.records.point_in_time_recovery).enabled
    error_message = "The table can't be deleted by mistake, and can be restored."
  }
  assert {
    condition     = aws_dynamodb_table.records.billing_mode == "PAY_PER_REQUEST"
    error_message = "It is paid on demand."
  }
}

run "each_capability_names_its_calls" {
  command = plan

  assert {
    condition = [for statement in data.aws_iam_policy_document.read.statement : [statement.actions, statement.resources]] == [
      [toset(["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"]), toset(["arn:aws:dynamodb:eu-west-1:123456789012:table/attendance-records"])],
    ]
    error_message = "A reader reads; nobody scans."
  }
  assert {
    condition = [for statement in data.aws_iam_policy_document.write.statement : [statement.actions, statement.resources]] == [
      [
        toset(["dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]),
        toset(["arn:aws:dynamodb:eu-west-1:123456789012:table/attendance-records"]),
      ],
    ]
    error_message = "A writer writes, and can't touch the table itself."
  }
  assert {
    condition = [for statement in data.aws_iam_policy_document.stream.statement : [statement.actions, statement.resources]] == [
      [
        toset(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]),
        toset(["arn:aws:dynamodb:eu-west-1:123456789012:table/attendance-records/stream/*"]),
      ],
    ]
    error_message = "Who follows the stream reads nothing else."
  }
}

run "each_policy_is_its_own_document" {
  command = plan

  override_data {
    target = data.aws_iam_policy_document.read
    values = { json = "\"read\"" }
  }
  override_data {
    target = data.aws_iam_policy_document.write
    values = { json = "\"write\"" }
  }
  override_data {
    target = data.aws_iam_policy_document.stream
    values = { json = "\"stream\"" }
  }

  assert {
    condition     = { for name, policy in output.policies : name => jsondecode(policy) } == { read = "read", write = "write", stream = "stream" }
    error_message = "An output gives the document of its name."
  }
}

run "a_key_of_ones_own_is_used_and_may_be_used_through_dynamodb_only" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/0192f3a4-7c1e-7b3a-8c55-0123456789ab"
  }

  assert {
    condition     = one(aws_dynamodb_table.records.server_side_encryption).enabled && one(aws_dynamodb_table.records.server_side_encryption).kms_key_arn == var.kms_key_arn
    error_message = "The table is encrypted with the key."
  }
  assert {
    condition = alltrue([
      for document in [data.aws_iam_policy_document.read, data.aws_iam_policy_document.write, data.aws_iam_policy_document.stream] :
      document.statement[1].resources == toset([var.kms_key_arn]) && one(document.statement[1].condition).values == tolist(["dynamodb.eu-west-1.amazonaws.com"])
    ])
    error_message = "Each capability may use it, through DynamoDB."
  }
}

run "units_are_written_for_provisioned_billing" {
  command = plan

  variables {
    billing = { mode = "PROVISIONED", read_capacity = 5, write_capacity = 25 }
  }

  assert {
    condition     = aws_dynamodb_table.records.read_capacity == 5 && aws_dynamodb_table.records.write_capacity == 25
    error_message = "The table has the units."
  }
}

run "provisioned_billing_without_units_is_refused" {
  command = plan

  variables {
    billing = { mode = "PROVISIONED" }
  }

  expect_failures = [var.billing]
}

run "an_unknown_way_of_billing_is_refused" {
  command = plan

  variables {
    billing = { mode = "on-demand" }
  }

  expect_failures = [var.billing]
}
