data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # A name's prefix has no dot: no other deployment's collections begin with this, whatever its prefix.
  prefix = "${var.name_prefix}.faces"

  arn         = "arn:${data.aws_partition.current.partition}:rekognition:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}"
  collections = ["${local.arn}:collection/${local.prefix}-*"]
}

resource "aws_rekognition_collection" "faces" {
  for_each = var.organizations

  collection_id = "${local.prefix}-${each.key}"
  tags          = var.tags
}
