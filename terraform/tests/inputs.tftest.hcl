# What is wrong is stopped before anything is made, by a message that says what to write.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  package_dir = "modules/functions/tests/package"
}

run "a_bad_prefix" {
  command = plan

  variables {
    name_prefix = "My_School"
  }

  expect_failures = [var.name_prefix]
}

run "an_unknown_repository" {
  command = plan

  variables {
    repository = "oracle"
  }

  expect_failures = [var.repository]
}

run "a_threshold_that_is_a_share" {
  command = plan

  variables {
    matching = { threshold = 0.8 }
  }

  expect_failures = [var.matching]
}

run "a_threshold_above_everything" {
  command = plan

  variables {
    matching = { threshold = 101 }
  }

  expect_failures = [var.matching]
}

run "zones_without_a_database" {
  command = plan

  variables {
    database = { multi_az = true }
  }

  expect_failures = [var.database]
}

run "a_database_without_a_network" {
  command = plan

  variables {
    repository = "mysql"
  }

  expect_failures = [var.network]
}

run "an_operator_without_an_address" {
  command = plan

  variables {
    notifications = { notifier = "sns", operators = ["the office"] }
  }

  expect_failures = [var.notifications]
}

run "a_mail_from_nowhere" {
  command = plan

  variables {
    notifications = { notifier = "ses", mail = { from = "attendance" } }
  }

  expect_failures = [var.notifications]
}

run "mail_from_nobody" {
  command = plan

  variables {
    notifications = { notifier = "ses" }
  }

  expect_failures = [var.notifications]
}

run "mail_that_can_not_leave_the_network" {
  command = plan

  variables {
    network       = "endpoints"
    notifications = { notifier = "ses", mail = { from = "attendance@school.example" } }
    identity      = { token_keys = "{\"keys\":[]}" }
  }

  expect_failures = [var.notifications]
}

run "an_admin_without_an_address" {
  command = plan

  variables {
    identity = { first_admin = "admin" }
  }

  expect_failures = [var.identity]
}

run "a_home_that_is_no_organization" {
  command = plan

  variables {
    identity = { organizations = ["north"] }
  }

  expect_failures = [var.identity]
}

run "keys_that_are_none" {
  command = plan

  variables {
    identity = { token_keys = "secret" }
  }

  expect_failures = [var.identity]
}

run "alarms_to_nobody" {
  command = plan

  variables {
    observability = { alarm_email = "it" }
  }

  expect_failures = [var.observability]
}

run "a_budget_that_nobody_is_told_of" {
  command = plan

  variables {
    observability = { monthly_budget_usd = 50 }
  }

  expect_failures = [var.observability]
}

run "images_for_ever" {
  command = plan

  variables {
    images = { check_in_days = 0 }
  }

  expect_failures = [var.images]
}

run "pages_nowhere" {
  command = plan

  variables {
    web = { enabled = false }
  }

  expect_failures = [var.origins]
}

run "an_origin_with_a_path" {
  command = plan

  variables {
    origins = ["https://attendance.example.org/"]
  }

  expect_failures = [var.origins]
}

run "settings_of_no_function" {
  command = plan

  variables {
    functions = { ingestion = { memory = 512 } }
  }

  expect_failures = [var.functions]
}

run "a_variable_of_the_runtime" {
  command = plan

  variables {
    environment = { AWS_REGION = "eu-west-1" }
  }

  expect_failures = [var.environment]
}

run "words_that_are_none" {
  command = plan

  variables {
    architecture       = "arm"
    log_retention_days = 31
    kms_key_arn        = "alias/attendance"
  }

  expect_failures = [var.architecture, var.log_retention_days, var.kms_key_arn]
}

run "a_network_out_of_which_nobody_gets_the_keys_of_tokens" {
  command = plan

  variables {
    network = "endpoints"
  }

  expect_failures = [check.token_keys]
}
