data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account = "${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}"

  # From names, so that a plan shows every policy as it will be.
  topics = var.notifier != "sns" ? {} : {
    for audience in ["operators", "attendees"] : audience => "arn:${data.aws_partition.current.partition}:sns:${local.account}:${var.name_prefix}-${audience}"
  }
}

resource "aws_sns_topic" "audience" {
  for_each = local.topics

  name              = "${var.name_prefix}-${each.key}"
  kms_master_key_id = coalesce(var.kms_key_arn, "alias/aws/sns")
  tags              = var.tags
}

resource "aws_sns_topic_policy" "audience" {
  for_each = local.topics

  arn    = aws_sns_topic.audience[each.key].arn
  policy = data.aws_iam_policy_document.topic[each.key].json
}

resource "aws_sns_topic_subscription" "operators" {
  for_each = var.notifier == "sns" ? var.operators : []

  topic_arn = aws_sns_topic.audience["operators"].arn
  protocol  = "email"
  endpoint  = each.key
}
