data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region

  zips         = { for name in keys(var.functions) : name => "${var.package_dir}/${name}.zip" }
  names        = { for name in keys(var.functions) : name => "${var.name_prefix}-${name}" }
  dead_letters = { for name, function in var.functions : name => "${local.names[name]}-dead-letters" if function.dead_letters }

  # Known before anything is made, so that a plan shows every policy as it will be.
  function_arns    = { for name, full in local.names : name => "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${full}" }
  log_group_arns   = { for name, full in local.names : name => "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${full}" }
  dead_letter_arns = { for name, full in local.dead_letters : name => "arn:${local.partition}:sqs:${local.region}:${local.account}:${full}" }
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_50:Traces cost, and `xray:PutTraceSegments` takes no resource but `*`; logs and events carry a correlation id.
  # checkov:skip=CKV_AWS_115:Reserved concurrency is taken from the whole account: `functions[...].reserved_concurrency` sets it where wanted.
  # checkov:skip=CKV_AWS_116:Failures of asynchronous calls go to the dead-letter queue as a destination, which says more than a dead_letter_config.
  # checkov:skip=CKV_AWS_117:Only a database needs a network; S3, DynamoDB and Rekognition do not, and NAT costs.
  # checkov:skip=CKV_AWS_173:The variables hold names and ids, no secrets; AWS encrypts them, with `kms_key_arn` if given.
  # checkov:skip=CKV_AWS_272:Code signing needs a profile of the account's own; the zip's hash is in the plan.
  for_each = var.functions

  function_name    = local.names[each.key]
  description      = each.value.description
  role             = aws_iam_role.this[each.key].arn
  filename         = local.zips[each.key]
  source_code_hash = fileexists(local.zips[each.key]) ? filebase64sha256(local.zips[each.key]) : null
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]

  memory_size                    = each.value.memory
  timeout                        = each.value.timeout
  reserved_concurrent_executions = each.value.reserved_concurrency
  kms_key_arn                    = var.kms_key_arn

  environment {
    variables = merge(
      each.value.variables,
      each.value.dead_letters ? { ATTENDANCE_DEAD_LETTERS = aws_sqs_queue.dead_letters[each.key].url } : {},
    )
  }

  # The functions write JSON themselves; metrics are lines of it that must stay as they are.
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this[each.key].name
  }

  dynamic "vpc_config" {
    for_each = var.network[*]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  tags = var.tags

  # A function that starts before its rights are there fails its first calls.
  depends_on = [aws_iam_role_policy.capability]
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_158:CloudWatch encrypts logs with a key of its own, or with `kms_key_arn`; nothing personal is in them.
  # checkov:skip=CKV_AWS_338:How long is `log_retention_days`; a year is longer than logs of attendance should be kept by default.
  for_each = var.functions

  name              = "/aws/lambda/${local.names[each.key]}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_sqs_queue" "dead_letters" {
  # checkov:skip=CKV_AWS_27:SQS encrypts the queue with its own keys, or with `kms_key_arn`.
  for_each = local.dead_letters

  name                      = each.value
  message_retention_seconds = 14 * 24 * 3600
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  kms_master_key_id         = var.kms_key_arn
  tags                      = var.tags
}

data "aws_iam_policy_document" "tls_only" {
  for_each = local.dead_letters

  statement {
    sid       = "DeadLettersDenyWithoutTls"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [local.dead_letter_arns[each.key]]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "dead_letters" {
  for_each = local.dead_letters

  queue_url = aws_sqs_queue.dead_letters[each.key].url
  policy    = data.aws_iam_policy_document.tls_only[each.key].json
}
