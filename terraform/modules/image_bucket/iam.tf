locals {
  images      = [for kind in [local.check_ins, local.enrolments, local.other] : "${local.arn}/${kind}*"]
  kms_through = ["s3.${data.aws_region.current.region}.amazonaws.com"]
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "ImagesDenyWithoutTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.arn, "${local.arn}/*"]

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

  statement {
    sid       = "ImagesDenyOutdatedTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.arn, "${local.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "NumericLessThan"
      variable = "s3:TlsVersion"
      values   = ["1.2"]
    }
  }
}

data "aws_iam_policy_document" "read" {
  statement {
    sid       = "ImagesRead"
    actions   = ["s3:GetObject"]
    resources = local.images
  }

  # Without it S3 says "access denied" of an image that is missing. A condition on the prefix would undo that: a request for one object names none.
  statement {
    sid       = "ImagesList"
    actions   = ["s3:ListBucket"]
    resources = [local.arn]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]
    content {
      sid       = "ImagesReadKey"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = local.kms_through
      }
    }
  }
}

data "aws_iam_policy_document" "write" {
  statement {
    sid       = "ImagesWrite"
    actions   = ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"]
    resources = local.images
  }

  # The sweep looks for images, and an image is deleted in all its versions.
  statement {
    sid       = "ImagesListToWrite"
    actions   = ["s3:ListBucket", "s3:ListBucketVersions"]
    resources = [local.arn]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]
    content {
      sid       = "ImagesWriteKey"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = local.kms_through
      }
    }
  }
}

# What a presigned form may do is what its signer may do.
data "aws_iam_policy_document" "upload" {
  statement {
    sid       = "ImagesUpload"
    actions   = ["s3:PutObject"]
    resources = ["${local.arn}/${local.check_ins}*"]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]
    content {
      sid       = "ImagesUploadKey"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = local.kms_through
      }
    }
  }
}

data "aws_iam_policy_document" "records" {
  count = var.holds_records ? 1 : 0

  statement {
    sid       = "RecordsWrite"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"]
    resources = ["${local.arn}/${local.records}*"]
  }

  statement {
    sid       = "RecordsList"
    actions   = ["s3:ListBucket", "s3:ListBucketVersions"]
    resources = [local.arn]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]
    content {
      sid       = "RecordsWriteKey"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = local.kms_through
      }
    }
  }
}

data "aws_iam_policy_document" "records_read" {
  count = var.holds_records ? 1 : 0

  statement {
    sid       = "RecordsRead"
    actions   = ["s3:GetObject"]
    resources = ["${local.arn}/${local.records}*"]
  }

  statement {
    sid       = "RecordsListToRead"
    actions   = ["s3:ListBucket"]
    resources = [local.arn]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]
    content {
      sid       = "RecordsReadKey"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = local.kms_through
      }
    }
  }
}
