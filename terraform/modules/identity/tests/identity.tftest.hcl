mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name_prefix = "school"
  origins     = ["https://attendance.example.org"]
}

run "every_organization_has_a_group_for_each_role" {
  command = plan

  variables {
    organizations = ["default", "north"]
  }

  assert {
    condition = toset([for group in aws_cognito_user_group.this : group.name]) == toset([
      "default:admin", "default:operator", "default:kiosk", "default:attendee",
      "north:admin", "north:operator", "north:kiosk", "north:attendee",
    ])
    error_message = "a role is a group named {organization}:{role}"
  }
}

run "the_client_of_the_pages_keeps_no_secret" {
  command = plan

  variables {
    origins = ["https://attendance.example.org", "http://localhost:8080"]
  }

  assert {
    condition = (
      aws_cognito_user_pool_client.pages.generate_secret == false &&
      aws_cognito_user_pool_client.pages.allowed_oauth_flows == toset(["code"]) &&
      aws_cognito_user_pool_client.pages.allowed_oauth_scopes == toset(["openid"]) &&
      aws_cognito_user_pool_client.pages.explicit_auth_flows == toset(["ALLOW_REFRESH_TOKEN_AUTH"])
    )
    error_message = "an authorization code is the only way in"
  }

  assert {
    condition = (
      aws_cognito_user_pool_client.pages.callback_urls == toset(["https://attendance.example.org/index.html", "http://localhost:8080/index.html"]) &&
      aws_cognito_user_pool_client.pages.logout_urls == aws_cognito_user_pool_client.pages.callback_urls
    )
    error_message = "one address of each origin, for the way in and out"
  }

  assert {
    condition     = aws_cognito_user_pool_client.pages.enable_token_revocation && aws_cognito_user_pool_client.pages.prevent_user_existence_errors == "ENABLED"
    error_message = "signing out revokes, and nobody is told who has an account"
  }
}

run "nobody_signs_up" {
  command = plan

  assert {
    condition     = aws_cognito_user_pool.this.admin_create_user_config[0].allow_admin_create_user_only
    error_message = "an admin invites"
  }

  assert {
    condition     = aws_cognito_user_pool.this.deletion_protection == "ACTIVE"
    error_message = "accounts are not deleted by mistake"
  }

  assert {
    condition     = length(aws_cognito_user.first_admin) == 0
    error_message = "nobody is invited unless told"
  }
}

run "the_first_admin_is_invited" {
  command = plan

  variables {
    first_admin = "office@school.example"
  }

  assert {
    condition     = aws_cognito_user.first_admin[0].username == "office@school.example" && aws_cognito_user_in_group.first_admin[0].group_name == "default:admin"
    error_message = "they are admin of the home organization"
  }
}

run "a_second_factor_may_be_asked_for" {
  command = plan

  variables {
    mfa = "ON"
  }

  assert {
    condition     = aws_cognito_user_pool.this.mfa_configuration == "ON" && aws_cognito_user_pool.this.software_token_mfa_configuration[0].enabled
    error_message = "by an app for one-time codes"
  }
}

run "a_second_factor_may_be_left_out" {
  command = plan

  variables {
    mfa = "OFF"
  }

  assert {
    condition     = aws_cognito_user_pool.this.mfa_configuration == "OFF" && length(aws_cognito_user_pool.this.software_token_mfa_configuration) == 0
    error_message = "then nothing is configured for it"
  }
}

run "the_address_of_the_sign_in_pages_is_known_before" {
  command = plan

  assert {
    condition     = output.domain == "https://school-${substr(sha256("123456789012"), 0, 8)}.auth.eu-west-1.amazoncognito.com"
    error_message = "prefix and account make it unique"
  }
}

run "wrong_inputs_are_refused" {
  command = plan

  variables {
    name_prefix     = "s"
    organizations   = ["Default"]
    first_admin     = "office"
    origins         = ["http://attendance.example.org"]
    mfa             = "on"
    password_length = 6
    signed_in_days  = 0
    tier            = "FREE"
  }

  expect_failures = [
    var.name_prefix, var.organizations, var.first_admin, var.origins, var.mfa, var.password_length, var.signed_in_days, var.tier,
  ]
}

run "an_address_with_a_word_of_amazons_is_refused" {
  command = plan

  variables {
    name_prefix = "lawschool"
  }

  expect_failures = [var.domain_prefix]
}

run "an_address_has_a_form" {
  command = plan

  variables {
    domain_prefix = "-school"
  }

  expect_failures = [var.domain_prefix]
}

run "home_is_an_organization" {
  command = plan

  variables {
    organizations = ["north"]
  }

  expect_failures = [var.home]
}
