locals {
  of_subscriptions = "A subscription is no resource of IAM: SNS checks these calls against everything. They reach the account's subscriptions, not its messages."

  wildcards = merge(
    var.notifier != "sns" ? {} : {
      NotifyAddress      = local.of_subscriptions
      ForgetSubscription = local.of_subscriptions
    },
    var.notifier != "sns" || !var.sms.enabled ? {} : {
      NotifyText = "A phone number has no ARN, so every topic, application and device is left out instead."
    },
    var.notifier != "ses" ? {} : {
      ForgetAddress = "The list of addresses that bounced is the account's: SES offers no resource for it."
    },
  )
}

data "aws_iam_policy_document" "topic" {
  for_each = local.topics

  statement {
    sid       = "NotifyDenyWithoutTls"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [each.value]

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

data "aws_iam_policy_document" "tell_by_sns" {
  count = var.notifier == "sns" ? 1 : 0

  statement {
    sid       = "NotifyPublish"
    actions   = ["sns:Publish"]
    resources = values(local.topics)
  }

  statement {
    sid       = "NotifyFind"
    actions   = ["sns:ListSubscriptionsByTopic"]
    resources = [local.topics.attendees]
  }

  statement {
    sid       = "NotifySubscribe"
    actions   = ["sns:Subscribe"]
    resources = [local.topics.attendees]

    condition {
      test     = "StringEquals"
      variable = "sns:Protocol"
      values   = ["email"]
    }
  }

  statement {
    sid       = "NotifyAddress"
    actions   = ["sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes"]
    resources = ["*"] # A subscription is no resource of IAM: see local.wildcards.
  }

  # A phone number has no ARN: it is what no topic, application or device is. See local.wildcards.
  dynamic "statement" {
    for_each = var.sms.enabled ? [1] : []
    content {
      sid           = "NotifyText"
      actions       = ["sns:Publish"]
      not_resources = ["arn:${data.aws_partition.current.partition}:sns:*:*:*"]
    }
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]
    content {
      sid       = "NotifyKey"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["sns.${data.aws_region.current.region}.amazonaws.com"]
      }
    }
  }
}

data "aws_iam_policy_document" "forget_by_sns" {
  count = var.notifier == "sns" ? 1 : 0

  statement {
    sid       = "ForgetFind"
    actions   = ["sns:ListSubscriptionsByTopic"]
    resources = [local.topics.attendees]
  }

  statement {
    sid       = "ForgetSubscription"
    actions   = ["sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"]
    resources = ["*"] # A subscription is no resource of IAM: see local.wildcards.
  }
}

data "aws_iam_policy_document" "tell_by_ses" {
  count = var.notifier == "ses" ? 1 : 0

  statement {
    sid       = "NotifyMail"
    actions   = ["ses:SendEmail"]
    resources = local.mail_resources

    condition {
      test     = "StringEquals"
      variable = "ses:FromAddress"
      values   = [var.mail.from]
    }
  }
}

data "aws_iam_policy_document" "forget_by_ses" {
  count = var.notifier == "ses" ? 1 : 0

  statement {
    sid       = "ForgetAddress"
    actions   = ["ses:DeleteSuppressedDestination"]
    resources = ["*"] # SES offers no resource for it: see local.wildcards.
  }
}
