# What is called without anybody who waits: two more attempts, then the dead-letter queue.
resource "aws_lambda_function_event_invoke_config" "this" {
  for_each = local.dead_letters

  function_name          = aws_lambda_function.this[each.key].function_name
  maximum_retry_attempts = 2

  destination_config {
    on_failure {
      destination = aws_sqs_queue.dead_letters[each.key].arn
    }
  }
}

resource "aws_lambda_permission" "bucket" {
  count = var.bucket_trigger == null ? 0 : 1

  statement_id   = "bucket"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.this[var.bucket_trigger.function].function_name
  principal      = "s3.amazonaws.com"
  source_arn     = "arn:${local.partition}:s3:::${var.bucket_trigger.bucket}"
  source_account = local.account
}

resource "aws_s3_bucket_notification" "this" {
  count = var.bucket_trigger == null ? 0 : 1

  bucket = var.bucket_trigger.bucket

  dynamic "lambda_function" {
    for_each = setproduct(var.bucket_trigger.prefixes, var.bucket_trigger.suffixes)

    content {
      id                  = replace(join("", lambda_function.value), "/[^A-Za-z0-9]+/", "-")
      lambda_function_arn = aws_lambda_function.this[var.bucket_trigger.function].arn
      events              = ["s3:ObjectCreated:*"]
      filter_prefix       = lambda_function.value[0]
      filter_suffix       = lambda_function.value[1]
    }
  }

  # S3 asks the function whether it may be called.
  depends_on = [aws_lambda_permission.bucket]
}

resource "aws_lambda_event_source_mapping" "table" {
  count = var.table_trigger == null ? 0 : 1

  event_source_arn  = var.table_trigger.stream_arn
  function_name     = aws_lambda_function.this[var.table_trigger.function].arn
  starting_position = "TRIM_HORIZON"
  batch_size        = var.table_trigger.batch_size

  bisect_batch_on_function_error = true
  function_response_types        = ["ReportBatchItemFailures"]
  maximum_retry_attempts         = var.table_trigger.attempts
  maximum_record_age_in_seconds  = var.table_trigger.max_age

  filter_criteria {
    filter {
      pattern = jsonencode({
        eventName = ["INSERT"]
        dynamodb  = { Keys = { sk = { S = [{ prefix = var.table_trigger.sort_prefix }] } } }
      })
    }
  }

  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.dead_letters[var.table_trigger.function].arn
    }
  }

  tags = var.tags
}

resource "aws_lambda_event_source_mapping" "stream" {
  for_each = toset(var.stream_trigger == null ? [] : var.stream_trigger.functions)

  event_source_arn  = var.stream_trigger.stream_arn
  function_name     = aws_lambda_function.this[each.key].arn
  starting_position = "TRIM_HORIZON"
  batch_size        = var.stream_trigger.batch_size

  bisect_batch_on_function_error = true
  function_response_types        = ["ReportBatchItemFailures"]
  maximum_retry_attempts         = var.stream_trigger.attempts
  maximum_record_age_in_seconds  = var.stream_trigger.max_age

  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.dead_letters[each.key].arn
    }
  }

  tags = var.tags
}

resource "aws_scheduler_schedule" "this" {
  # checkov:skip=CKV_AWS_297:A schedule holds a word, `sweep` or `relay`; Scheduler encrypts it with its own key.
  for_each = var.schedules

  name                = "${var.name_prefix}-${each.key}"
  description         = "Calls ${local.names[each.value.function]} with ${each.value.input}"
  schedule_expression = each.value.expression

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.this[each.value.function].arn
    role_arn = aws_iam_role.schedules[0].arn
    input    = each.value.input

    retry_policy {
      maximum_event_age_in_seconds = 300
      maximum_retry_attempts       = 3
    }

    dead_letter_config {
      arn = aws_sqs_queue.dead_letters[each.value.function].arn
    }
  }

  depends_on = [aws_iam_role_policy.schedules]
}
