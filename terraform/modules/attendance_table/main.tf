data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  name = "${var.name_prefix}-records"

  # From the name, so that a plan shows every policy as it will be.
  arn = "arn:${data.aws_partition.current.partition}:dynamodb:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:table/${local.name}"
}

resource "aws_dynamodb_table" "records" {
  # checkov:skip=CKV_AWS_119:Every table is encrypted; with a key that AWS owns at no cost. Give kms_key_arn for a key of your own.
  # checkov:skip=CKV_AWS_28:It can be restored unless point_in_time_recovery is false.
  # checkov:skip=CKV2_AWS_16:On demand there is nothing to scale. Who chooses PROVISIONED chooses how much.

  name         = local.name
  billing_mode = var.billing.mode
  hash_key     = "pk"
  range_key    = "sk"

  read_capacity  = var.billing.read_capacity
  write_capacity = var.billing.write_capacity

  # The relay is told which events are new, and reads them itself: nothing personal is in the stream.
  stream_enabled   = true
  stream_view_type = "KEYS_ONLY"

  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  server_side_encryption {
    enabled     = var.kms_key_arn != null
    kms_key_arn = var.kms_key_arn
  }
}
