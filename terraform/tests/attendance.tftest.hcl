mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name_prefix = "school"
  package_dir = "modules/functions/tests/package"
}

run "by_default_attendance_is_kept_in_a_table" {
  command = plan

  assert {
    condition     = toset(keys(local.functions)) == toset(["api", "ingest", "relay", "analytics"])
    error_message = "nobody is told by default"
  }

  assert {
    condition     = local.of_repository == tomap({ ATTENDANCE_REPOSITORY = "dynamodb", ATTENDANCE_TABLE = module.attendance_table[0].name })
    error_message = "the functions know the table"
  }

  assert {
    condition     = length(module.network) == 0 && length(module.attendance_database) == 0 && output.database == null
    error_message = "no server, and no network"
  }

  assert {
    condition     = local.stream_functions == toset(["analytics", "relay"])
    error_message = "the table's stream calls relay, the events call analytics"
  }
}

run "functions_are_told_what_they_need" {
  command = apply

  variables {
    matching    = { threshold = 99 }
    identity    = { home_zone = "Europe/Dublin" }
    environment = { ATTENDANCE_LOG = "debug" }
  }

  assert {
    condition = local.functions.api.variables == tomap({
      ATTENDANCE_REPOSITORY        = "dynamodb"
      ATTENDANCE_TABLE             = module.attendance_table[0].name
      ATTENDANCE_BUCKET            = module.image_bucket.name
      ATTENDANCE_COLLECTION_PREFIX = "school.faces"
      ATTENDANCE_STREAM            = module.event_stream.name
      ATTENDANCE_NOTIFIER          = "none"
      ATTENDANCE_THRESHOLD         = "99"
      ATTENDANCE_HOME              = "default"
      ATTENDANCE_HOME_ZONE         = "Europe/Dublin"
      ATTENDANCE_TOKEN_ISSUER      = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab1Cd2Ef3"
      ATTENDANCE_TOKEN_CLIENTS     = module.identity.client_id
      ATTENDANCE_LOG               = "debug"
    })
    error_message = "the api"
  }

  assert {
    condition = toset(keys(local.functions.relay.variables)) == toset([
      "ATTENDANCE_REPOSITORY", "ATTENDANCE_TABLE", "ATTENDANCE_BUCKET", "ATTENDANCE_COLLECTION_PREFIX", "ATTENDANCE_STREAM", "ATTENDANCE_NOTIFIER",
      "ATTENDANCE_THRESHOLD", "ATTENDANCE_LOG",
    ])
    error_message = "the others take no tokens"
  }

  assert {
    condition     = local.functions.analytics.variables == tomap({ ATTENDANCE_LOG = "debug" })
    error_message = "analytics counts what it is given"
  }
}

run "pages_and_api_have_one_origin" {
  command = apply

  variables {
    origins = ["http://localhost:8080"]
  }

  assert {
    condition     = output.pages_url == "https://d1a2b3c4d5e6f7.cloudfront.net"
    error_message = "the pages are at the distribution's name"
  }

  assert {
    condition     = local.pages_origins == tolist(["https://d1a2b3c4d5e6f7.cloudfront.net", "http://localhost:8080"])
    error_message = "people sign in for these, and these upload pictures"
  }
}

run "without_hosted_pages_there_are_others" {
  command = plan

  variables {
    web     = { enabled = false }
    origins = ["https://attendance.example.org"]
  }

  assert {
    condition     = length(module.web) == 0 && output.pages_url == null && local.pages_origins == tolist(["https://attendance.example.org"])
    error_message = "nothing is hosted"
  }
}

run "what_is_optional_can_be_left_out" {
  command = plan

  variables {
    repository    = "s3"
    analytics     = false
    web           = { enabled = false }
    origins       = ["http://localhost:8080"]
    observability = { enabled = false }
  }

  assert {
    condition     = toset(keys(local.functions)) == toset(["api", "ingest", "relay"])
    error_message = "these three are attendance"
  }

  assert {
    condition     = length(module.attendance_table) == 0 && length(module.observability) == 0 && output.dashboard_url == null && output.table == null
    error_message = "nothing else is there"
  }

  assert {
    condition     = local.of_repository == tomap({ ATTENDANCE_REPOSITORY = "s3" }) && length(local.stream_functions) == 0
    error_message = "records are in the bucket, and the clock calls relay"
  }
}

run "people_are_told_by_topics" {
  command = apply

  variables {
    notifications = { notifier = "sns", operators = ["office@school.example"], sms = { enabled = true, sender_id = "School" } }
  }

  assert {
    condition = local.of_notifier == tomap({
      ATTENDANCE_NOTIFIER        = "sns"
      ATTENDANCE_OPERATORS_TOPIC = module.notifications.operators_topic_arn
      ATTENDANCE_ATTENDEES_TOPIC = module.notifications.attendees_topic_arn
      ATTENDANCE_SMS             = "School"
    })
    error_message = "the functions know the topics"
  }

  assert {
    condition     = contains(keys(local.functions), "notify") && local.event_functions == toset(["notify", "analytics"])
    error_message = "events call notify"
  }
}

run "people_are_told_by_mail" {
  command = plan

  variables {
    notifications = { notifier = "ses", operators = ["office@school.example", "head@school.example"], mail = { from = "attendance@school.example" } }
  }

  assert {
    condition = local.of_notifier == tomap({
      ATTENDANCE_NOTIFIER       = "ses"
      ATTENDANCE_MAIL_FROM      = "attendance@school.example"
      ATTENDANCE_MAIL_OPERATORS = "head@school.example,office@school.example"
    })
    error_message = "the functions know the addresses"
  }
}

run "a_database_is_reached_in_a_network" {
  command = apply

  variables {
    repository = "postgres"
    network    = "nat"
    database   = { multi_az = true }
  }

  assert {
    condition = toset(keys(local.of_repository)) == toset([
      "ATTENDANCE_REPOSITORY", "ATTENDANCE_DATABASE_SECRET", "ATTENDANCE_DATABASE_HOST", "ATTENDANCE_DATABASE_PORT", "ATTENDANCE_DATABASE_NAME",
    ]) && local.of_repository.ATTENDANCE_DATABASE_PORT == "5432"
    error_message = "the functions know the server and the secret of its login"
  }

  assert {
    condition     = length(module.network) == 1 && output.policies.reader == null && contains(keys(output.iam_wildcards), "InterfacesDescribe")
    error_message = "the functions are in the network"
  }
}

run "mysql_has_its_port" {
  command = apply

  variables {
    repository = "mysql"
    network    = "endpoints"
    identity   = { token_keys = "{\"keys\":[]}" }
  }

  assert {
    condition     = local.of_repository.ATTENDANCE_DATABASE_PORT == "3306" && local.of_tokens.ATTENDANCE_TOKEN_KEYS == "{\"keys\":[]}"
    error_message = "the functions know where the server is, and the pool's keys"
  }
}

run "settings_of_functions_can_be_others" {
  command = plan

  variables {
    functions = { api = { memory = 1024 }, relay = { timeout = 120, reserved_concurrency = 2 } }
  }

  assert {
    condition = (
      local.settings.api.memory == 1024 && local.settings.api.timeout == 29 && local.settings.api.reserved_concurrency == null &&
      local.settings.relay.memory == 256 && local.settings.relay.timeout == 120 && local.settings.relay.reserved_concurrency == 2
    )
    error_message = "what was said, and the usual"
  }
}
