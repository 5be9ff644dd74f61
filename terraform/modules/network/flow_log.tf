resource "aws_cloudwatch_log_group" "flow" {
  # checkov:skip=CKV_AWS_158:CloudWatch encrypts every log. Give kms_key_arn for a key of your own.
  # checkov:skip=CKV_AWS_338:How long logs are kept is an input.
  count = var.flow_log_days > 0 ? 1 : 0

  name              = local.flow_log
  retention_in_days = var.flow_log_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_flow_log" "this" {
  count = var.flow_log_days > 0 ? 1 : 0

  vpc_id          = aws_vpc.this.id
  traffic_type    = "ALL"
  iam_role_arn    = aws_iam_role.flow[0].arn
  log_destination = aws_cloudwatch_log_group.flow[0].arn
  tags            = merge(var.tags, { Name = var.name_prefix })
}

resource "aws_iam_role" "flow" {
  count = var.flow_log_days > 0 ? 1 : 0

  name               = "${var.name_prefix}-${data.aws_region.current.region}-flow-log"
  description        = "Writes the flow log of ${var.name_prefix}"
  assume_role_policy = data.aws_iam_policy_document.flow_trust[0].json
  tags               = var.tags
}

resource "aws_iam_role_policy" "flow" {
  count = var.flow_log_days > 0 ? 1 : 0

  name   = "write"
  role   = aws_iam_role.flow[0].name
  policy = data.aws_iam_policy_document.flow[0].json
}
