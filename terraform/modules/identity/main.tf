data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

locals {
  region        = data.aws_region.current.region
  domain_prefix = coalesce(var.domain_prefix, "${var.name_prefix}-${substr(sha256(data.aws_caller_identity.current.account_id), 0, 8)}")
  pages         = [for origin in var.origins : "${origin}/index.html"]

  # A person's rights are the groups that they are in, which only who runs the pool can change.
  groups = { for pair in setproduct(var.organizations, ["admin", "operator", "kiosk", "attendee"]) : join(":", pair) => { organization = pair[0], role = pair[1] } }
}

resource "aws_cognito_user_pool" "this" {
  name                = var.name_prefix
  user_pool_tier      = var.tier
  deletion_protection = var.deletion_protection ? "ACTIVE" : "INACTIVE"

  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]

  username_configuration {
    case_sensitive = false
  }

  # Nobody signs up: an admin invites.
  admin_create_user_config {
    allow_admin_create_user_only = true
  }

  password_policy {
    minimum_length                   = var.password_length
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = true
    require_uppercase                = true
    temporary_password_validity_days = 7
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  # An address is changed once its owner has confirmed the new one.
  user_attribute_update_settings {
    attributes_require_verification_before_update = ["email"]
  }

  mfa_configuration = var.mfa

  dynamic "software_token_mfa_configuration" {
    for_each = var.mfa == "OFF" ? [] : [true]

    content {
      enabled = true
    }
  }

  tags = var.tags
}

resource "aws_cognito_user_pool_domain" "this" {
  domain       = local.domain_prefix
  user_pool_id = aws_cognito_user_pool.this.id
}

# The pages keep no secret: an authorization code with PKCE, and nothing else.
resource "aws_cognito_user_pool_client" "pages" {
  name         = "${var.name_prefix}-pages"
  user_pool_id = aws_cognito_user_pool.this.id

  generate_secret                      = false
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_scopes                 = ["openid"]
  supported_identity_providers         = ["COGNITO"]
  explicit_auth_flows                  = ["ALLOW_REFRESH_TOKEN_AUTH"]
  callback_urls                        = local.pages
  logout_urls                          = local.pages

  enable_token_revocation       = true
  prevent_user_existence_errors = "ENABLED"

  access_token_validity  = 60
  id_token_validity      = 60
  refresh_token_validity = var.signed_in_days

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "days"
  }
}

resource "aws_cognito_user_group" "this" {
  for_each = local.groups

  name         = each.key
  description  = "${each.value.role} of ${each.value.organization}"
  user_pool_id = aws_cognito_user_pool.this.id
}

resource "aws_cognito_user" "first_admin" {
  count = var.first_admin == null ? 0 : 1

  user_pool_id             = aws_cognito_user_pool.this.id
  username                 = var.first_admin
  desired_delivery_mediums = ["EMAIL"]

  attributes = {
    email          = var.first_admin
    email_verified = "true"
  }
}

resource "aws_cognito_user_in_group" "first_admin" {
  count = var.first_admin == null ? 0 : 1

  user_pool_id = aws_cognito_user_pool.this.id
  username     = aws_cognito_user.first_admin[0].username
  group_name   = aws_cognito_user_group.this["${var.home}:admin"].name
}
