locals {
  account  = data.aws_caller_identity.current.account_id
  region   = data.aws_region.current.region
  arn      = "arn:${data.aws_partition.current.partition}"
  flow_log = "/aws/vpc/${var.name_prefix}"

  # What IAM calls the services that PrivateLink names.
  services = {
    rekognition     = "rekognition"
    kinesis-streams = "kinesis"
    sns             = "sns"
    sqs             = "sqs"
    secretsmanager  = "secretsmanager"
    kms             = "kms"
    logs            = "logs"
  }

  wildcards = merge(
    { for service, reason in {
      rekognition = "DetectFaces has no resource. The endpoint takes requests of this account only."
      sns         = "A phone number and a subscription have no resource. The endpoint takes requests of this account only."
    } : "Network${title(local.services[service])}" => reason if contains(local.interfaces, service) },
    var.flow_log_days == 0 ? {} : {
      NetworkFlowFind = "DescribeLogGroups lists, and AWS offers no resource for it. Flow logs ask for the right."
    },
  )
}

# Pictures and records go nowhere else, whosever credentials are used in here.
data "aws_iam_policy_document" "s3" {
  statement {
    sid       = "NetworkS3"
    actions   = ["s3:*"]
    resources = ["${local.arn}:s3:::${var.name_prefix}-*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [local.account]
    }
  }
}

data "aws_iam_policy_document" "dynamodb" {
  statement {
    sid       = "NetworkDynamodb"
    actions   = ["dynamodb:*"]
    resources = ["${local.arn}:dynamodb:${local.region}:${local.account}:table/${var.name_prefix}-*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [local.account]
    }
  }
}

data "aws_iam_policy_document" "interface" {
  # checkov:skip=CKV_AWS_356:Rekognition and SNS have calls without a resource: see local.wildcards.
  for_each = local.interfaces

  statement {
    sid     = "Network${title(local.services[each.key])}"
    actions = ["${local.services[each.key]}:*"]
    resources = contains(["rekognition", "sns"], each.key) ? ["*"] : [ # They have calls without a resource: see local.wildcards.
      "${local.arn}:${local.services[each.key]}:${local.region}:${local.account}:*"
    ]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [local.account]
    }
  }
}

data "aws_iam_policy_document" "flow_trust" {
  count = var.flow_log_days > 0 ? 1 : 0

  statement {
    sid     = "NetworkFlowTrust"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

data "aws_iam_policy_document" "flow" {
  count = var.flow_log_days > 0 ? 1 : 0

  statement {
    sid       = "NetworkFlowWrite"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${local.arn}:logs:${local.region}:${local.account}:log-group:${local.flow_log}:*"]
  }

  statement {
    sid       = "NetworkFlowFind"
    actions   = ["logs:DescribeLogGroups"]
    resources = ["*"] # AWS offers no resource for it: see local.wildcards.
  }
}
