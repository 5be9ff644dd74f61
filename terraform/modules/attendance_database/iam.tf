data "aws_iam_policy_document" "connect" {
  statement {
    sid       = "DatabaseSecret"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_db_instance.database.master_user_secret[0].secret_arn]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn[*]
    content {
      sid       = "DatabaseSecretKey"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["secretsmanager.${data.aws_region.current.region}.amazonaws.com"]
      }
    }
  }
}

data "aws_iam_policy_document" "proxy_trust" {
  count = var.proxy ? 1 : 0

  statement {
    sid     = "DatabaseProxyTrust"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["rds.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_iam_role" "proxy" {
  count = var.proxy ? 1 : 0

  name               = "${var.name_prefix}-${data.aws_region.current.region}-database-proxy"
  description        = "Reads the login of ${local.identifier}"
  assume_role_policy = data.aws_iam_policy_document.proxy_trust[0].json
  tags               = var.tags
}

# The proxy logs in as the functions do.
resource "aws_iam_role_policy" "proxy" {
  count = var.proxy ? 1 : 0

  name   = "connect"
  role   = aws_iam_role.proxy[0].name
  policy = data.aws_iam_policy_document.connect.json
}
