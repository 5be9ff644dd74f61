locals {
  this_key = "In a key's own policy this means the key: it can't name what it makes."
  wildcards = {
    AlarmsKeyAccount = local.this_key
    AlarmsKeyUse     = local.this_key
  }
}

data "aws_iam_policy_document" "key" {
  # checkov:skip=CKV_AWS_109:A key that its own account can't manage is lost.
  # checkov:skip=CKV_AWS_111:In a key's own policy every resource means this key.
  # checkov:skip=CKV_AWS_356:In a key's own policy every resource means this key.

  statement {
    sid       = "AlarmsKeyAccount"
    actions   = ["kms:*"]
    resources = ["*"] # This key: see local.wildcards.

    principals {
      type        = "AWS"
      identifiers = ["${local.arn}:iam::${local.account}:root"]
    }
  }

  statement {
    sid       = "AlarmsKeyUse"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"] # This key: see local.wildcards.

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

data "aws_iam_policy_document" "topic" {
  statement {
    sid       = "AlarmsPublish"
    actions   = ["sns:Publish"]
    resources = [local.topic_arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["${local.arn}:cloudwatch:${local.region}:${local.account}:alarm:${var.name_prefix}-*"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }

  statement {
    sid       = "AlarmsDenyWithoutTls"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [local.topic_arn]

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
