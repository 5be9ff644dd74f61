data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # A bucket's name is unique in all of AWS.
  name = "${var.name_prefix}-images-${data.aws_caller_identity.current.account_id}-${data.aws_region.current.region}"

  # From the name, so that a plan shows every policy as it will be.
  arn = "arn:${data.aws_partition.current.partition}:s3:::${local.name}"

  check_ins  = "checkins/"
  enrolments = "enrolments/"
  other      = "other/"
  records    = "records/"
}

resource "aws_s3_bucket" "images" {
  # checkov:skip=CKV_AWS_18:Access logs would hold the keys of images for longer than the images live. CloudTrail's data events are the account's choice.
  # checkov:skip=CKV_AWS_21:Versions would keep images that were deleted. Only a bucket that holds records has them.
  # checkov:skip=CKV_AWS_144:Images live for days and stay in their region, where consent was given for them.
  # checkov:skip=CKV_AWS_145:SSE-S3 encrypts at no cost. Give kms_key_arn for a key of your own.
  # checkov:skip=CKV2_AWS_62:What listens to the bucket is made where the functions are.

  bucket        = local.name
  force_destroy = var.force_destroy
  tags          = var.tags
}

resource "aws_s3_bucket_ownership_controls" "images" {
  bucket = aws_s3_bucket.images.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "images" {
  bucket = aws_s3_bucket.images.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "images" {
  bucket = aws_s3_bucket.images.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
    bucket_key_enabled = var.kms_key_arn != null
  }
}

resource "aws_s3_bucket_versioning" "images" {
  count  = var.holds_records ? 1 : 0
  bucket = aws_s3_bucket.images.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_policy" "images" {
  bucket = aws_s3_bucket.images.id
  policy = data.aws_iam_policy_document.bucket.json

  depends_on = [aws_s3_bucket_public_access_block.images]
}

resource "aws_s3_bucket_cors_configuration" "images" {
  count  = length(var.cors_origins) > 0 ? 1 : 0
  bucket = aws_s3_bucket.images.id

  # A browser uploads by a form. To look at an image needs no permission across origins.
  cors_rule {
    allowed_origins = var.cors_origins
    allowed_methods = ["POST"]
    allowed_headers = ["content-type"]
    max_age_seconds = 3600
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "images" {
  bucket = aws_s3_bucket.images.id

  rule {
    id     = "check-in-images"
    status = "Enabled"

    filter {
      prefix = local.check_ins
    }
    expiration {
      days = var.retention.check_in_days
    }
    noncurrent_version_expiration {
      noncurrent_days = 1
    }
  }

  rule {
    id     = "enrolment-photos"
    status = "Enabled"

    filter {
      prefix = local.enrolments
    }
    dynamic "expiration" {
      for_each = var.retention.keep_enrolment_photos ? [] : [1]
      content {
        days = expiration.value
      }
    }
    noncurrent_version_expiration {
      noncurrent_days = 1
    }
  }

  # An erasure deletes the versions of what it rewrites itself; what is left here is a way back from a mistake.
  dynamic "rule" {
    for_each = var.holds_records ? [30] : []
    content {
      id     = "earlier-versions-of-records"
      status = "Enabled"

      filter {
        prefix = local.records
      }
      expiration {
        expired_object_delete_marker = true
      }
      noncurrent_version_expiration {
        noncurrent_days = rule.value
      }
    }
  }

  rule {
    id     = "unfinished-uploads"
    status = "Enabled"

    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.images]
}
