data "aws_iam_policy_document" "publish" {
  statement {
    sid       = "EventsPublish"
    actions   = ["kinesis:PutRecords"]
    resources = [local.arn]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]
    content {
      sid       = "EventsPublishKey"
      actions   = ["kms:GenerateDataKey"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["kinesis.${data.aws_region.current.region}.amazonaws.com"]
      }
    }
  }
}

# What Lambda needs to read a stream for a function.
data "aws_iam_policy_document" "consume" {
  statement {
    sid = "EventsConsume"
    actions = [
      "kinesis:DescribeStream",
      "kinesis:DescribeStreamSummary",
      "kinesis:GetRecords",
      "kinesis:GetShardIterator",
      "kinesis:ListShards",
    ]
    resources = [local.arn]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]
    content {
      sid       = "EventsConsumeKey"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["kinesis.${data.aws_region.current.region}.amazonaws.com"]
      }
    }
  }
}
