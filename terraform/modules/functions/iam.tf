data "aws_iam_policy_document" "lambda" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

# Roles are the account's, not the region's: their names carry it.
resource "aws_iam_role" "this" {
  for_each = var.functions

  name               = "${var.name_prefix}-${local.region}-${each.key}"
  description        = "What the function ${local.names[each.key]} may do"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
  tags               = var.tags
}

locals {
  # Every function logs; the others are what its caller gave it, and what its triggers and its place need.
  capabilities = merge(flatten([
    for name, function in var.functions : [
      { for capability, policy in function.policies : "${name}/${capability}" => { function = name, capability = capability, policy = policy } },
      { "${name}/log" = { function = name, capability = "log", policy = data.aws_iam_policy_document.log[name].json } },
      function.dead_letters ? { "${name}/dead-letters" = { function = name, capability = "dead-letters", policy = data.aws_iam_policy_document.dead_letters[name].json } } : {},
      var.network != null ? { "${name}/network" = { function = name, capability = "network", policy = data.aws_iam_policy_document.network[name].json } } : {},
    ]
  ])...)
}

# One inline policy per capability: the name says why a right is there.
resource "aws_iam_role_policy" "capability" {
  for_each = local.capabilities

  name   = each.value.capability
  role   = aws_iam_role.this[each.value.function].name
  policy = each.value.policy
}

data "aws_iam_policy_document" "log" {
  for_each = var.functions

  statement {
    sid       = "LogWrite"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_group_arns[each.key]}:*"]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]

    content {
      sid       = "VariablesKey"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}

data "aws_iam_policy_document" "dead_letters" {
  for_each = local.dead_letters

  statement {
    sid       = "DeadLettersSend"
    actions   = ["sqs:SendMessage"]
    resources = [local.dead_letter_arns[each.key]]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]

    content {
      sid       = "DeadLettersKey"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}

# Lambda makes the interfaces with the function's role; the function's own code may not.
data "aws_iam_policy_document" "network" {
  for_each = var.network == null ? {} : var.functions

  statement {
    sid = "InterfacesMake"
    actions = [
      "ec2:AssignPrivateIpAddresses",
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:UnassignPrivateIpAddresses",
    ]
    resources = ["arn:${local.partition}:ec2:${local.region}:${local.account}:*/*"]
  }

  statement {
    sid     = "InterfacesDescribe"
    actions = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
    # EC2's Describe actions take no resource: see the output `wildcards`.
    resources = ["*"]
  }

  statement {
    sid    = "InterfacesDenyToCode"
    effect = "Deny"
    actions = [
      "ec2:AssignPrivateIpAddresses",
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:UnassignPrivateIpAddresses",
    ]
    resources = ["*"]

    condition {
      test     = "ArnEquals"
      variable = "lambda:SourceFunctionArn"
      values   = [local.function_arns[each.key]]
    }
  }
}

data "aws_iam_policy_document" "scheduler" {
  count = length(var.schedules) > 0 ? 1 : 0

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

data "aws_iam_policy_document" "schedules" {
  count = length(var.schedules) > 0 ? 1 : 0

  statement {
    sid       = "SchedulesCall"
    actions   = ["lambda:InvokeFunction"]
    resources = distinct([for schedule in var.schedules : local.function_arns[schedule.function]])
  }

  statement {
    sid       = "SchedulesDeadLetters"
    actions   = ["sqs:SendMessage"]
    resources = distinct([for schedule in var.schedules : local.dead_letter_arns[schedule.function]])
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]

    content {
      sid       = "SchedulesKey"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role" "schedules" {
  count = length(var.schedules) > 0 ? 1 : 0

  name               = "${var.name_prefix}-${local.region}-schedules"
  description        = "What the schedules of ${var.name_prefix} may call"
  assume_role_policy = data.aws_iam_policy_document.scheduler[0].json
  tags               = var.tags
}

resource "aws_iam_role_policy" "schedules" {
  count = length(var.schedules) > 0 ? 1 : 0

  name   = "invoke"
  role   = aws_iam_role.schedules[0].name
  policy = data.aws_iam_policy_document.schedules[0].json
}
