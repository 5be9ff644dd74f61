locals {
  # An identity that is named by its ARN is somebody else's affair.
  own_identity = var.notifier == "ses" && try(var.mail.identity_arn, null) == null

  identity      = local.own_identity ? coalesce(var.mail.domain, var.mail.from) : null
  configuration = "${var.name_prefix}-mail"

  ses = "arn:${data.aws_partition.current.partition}:ses:${local.account}"
  mail_resources = local.own_identity ? [
    "${local.ses}:identity/${local.identity}",
    "${local.ses}:configuration-set/${local.configuration}",
  ] : try([var.mail.identity_arn], [])
}

resource "aws_sesv2_configuration_set" "mail" {
  count = local.own_identity ? 1 : 0

  configuration_set_name = local.configuration
  tags                   = var.tags

  # A mail tells where somebody was: it goes by TLS, or not at all.
  delivery_options {
    tls_policy = "REQUIRE"
  }
}

resource "aws_sesv2_email_identity" "mail" {
  count = local.own_identity ? 1 : 0

  email_identity         = local.identity
  configuration_set_name = aws_sesv2_configuration_set.mail[0].configuration_set_name
  tags                   = var.tags
}
