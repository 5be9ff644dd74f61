data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  name = "${var.name_prefix}-events"

  # From the name, so that a plan shows every policy as it will be.
  arn = "arn:${data.aws_partition.current.partition}:kinesis:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:stream/${local.name}"
}

resource "aws_kinesis_stream" "events" {
  # checkov:skip=CKV_AWS_185:The account's own key of Kinesis encrypts at no cost. Give kms_key_arn for a key of your own.

  name             = local.name
  shard_count      = var.mode == "PROVISIONED" ? var.shards : null
  retention_period = var.retention_hours
  encryption_type  = "KMS"
  kms_key_id       = coalesce(var.kms_key_arn, "alias/aws/kinesis")
  tags             = var.tags

  stream_mode_details {
    stream_mode = var.mode
  }
}
