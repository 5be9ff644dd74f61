data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  region = data.aws_region.current.region
  bucket = "${var.name_prefix}-pages-${data.aws_caller_identity.current.account_id}-${local.region}"
  arn    = "arn:${data.aws_partition.current.partition}:s3:::${local.bucket}"

  # What CloudFront calls things is the account's, not the region's.
  global_name = "${var.name_prefix}-${local.region}"

  # The folder's own config.json is the desk's; README.md is for who hosts the pages.
  files = setsubtract(fileset(var.pages_dir, "**"), ["README.md", "config.json"])
  types = {
    css         = "text/css; charset=utf-8"
    html        = "text/html; charset=utf-8"
    ico         = "image/vnd.microsoft.icon"
    js          = "text/javascript; charset=utf-8"
    json        = "application/json"
    png         = "image/png"
    svg         = "image/svg+xml"
    txt         = "text/plain; charset=utf-8"
    webmanifest = "application/manifest+json"
    woff2       = "font/woff2"
  }

  api_paths = ["/v1/*", "/healthz", "/openapi.json"]
  pages     = "pages"
  api       = "api"

  host  = var.domain == null ? aws_cloudfront_distribution.this.domain_name : var.domain.name
  store = var.images_bucket == null ? [] : ["https://${var.images_bucket}.s3.${local.region}.amazonaws.com"]
  security_policy = join("; ", [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "media-src 'self' blob:",
    join(" ", concat(["connect-src 'self'", var.sign_in_domain], local.store)),
    "manifest-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ])
}

resource "aws_s3_bucket" "this" {
  # checkov:skip=CKV_AWS_18:The bucket is read by CloudFront only; who looked at which page is nobody's business.
  # checkov:skip=CKV_AWS_21:The pages are in the repository, with all their versions.
  # checkov:skip=CKV_AWS_144:The pages are in the repository, and CloudFront has them in many places.
  # checkov:skip=CKV_AWS_145:The pages are public; keys that S3 manages encrypt them.
  # checkov:skip=CKV2_AWS_61:The pages stay until they are replaced.
  # checkov:skip=CKV2_AWS_62:Nothing waits for a page to change.
  bucket        = local.bucket
  force_destroy = var.force_destroy
  tags          = var.tags

  lifecycle {
    precondition {
      condition     = fileexists("${var.pages_dir}/index.html")
      error_message = "There is no index.html in ${var.pages_dir}: set pages_dir to the folder of the pages, `examples/web` of the repository."
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "PagesServe"
    actions   = ["s3:GetObject"]
    resources = ["${local.arn}/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "AWS:SourceArn"
      values   = [aws_cloudfront_distribution.this.arn]
    }
  }

  statement {
    sid       = "PagesDenyWithoutTls"
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
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.bucket.json

  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_object" "page" {
  for_each = local.files

  bucket        = aws_s3_bucket.this.id
  key           = each.key
  source        = "${var.pages_dir}/${each.key}"
  source_hash   = filemd5("${var.pages_dir}/${each.key}")
  content_type  = lookup(local.types, lower(reverse(split(".", each.key))[0]), "application/octet-stream")
  cache_control = "no-cache"
}

resource "aws_s3_object" "config" {
  bucket        = aws_s3_bucket.this.id
  key           = "config.json"
  content_type  = "application/json"
  cache_control = "no-store"

  # The API has the pages' own origin.
  content = jsonencode({
    api     = ""
    sign_in = { kind = "cognito", domain = var.sign_in_domain, client_id = var.sign_in_client }
    upload  = var.images_bucket == null ? "direct" : "presigned"
  })
}
