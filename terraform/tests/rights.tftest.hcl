# Who may do what. Every document has a word of its own here, so that one in another's place would be seen.

mock_provider "aws" {
  source = "./tests/mocks"
}

override_data {
  target = module.image_bucket.data.aws_iam_policy_document.read
  values = { json = "{\"is\":\"images-read\"}" }
}
override_data {
  target = module.image_bucket.data.aws_iam_policy_document.write
  values = { json = "{\"is\":\"images-write\"}" }
}
override_data {
  target = module.image_bucket.data.aws_iam_policy_document.upload
  values = { json = "{\"is\":\"images-upload\"}" }
}
override_data {
  target = module.image_bucket.data.aws_iam_policy_document.records
  values = { json = "{\"is\":\"records\"}" }
}
override_data {
  target = module.image_bucket.data.aws_iam_policy_document.records_read
  values = { json = "{\"is\":\"records-read\"}" }
}
override_data {
  target = module.face_collection.data.aws_iam_policy_document.search
  values = { json = "{\"is\":\"faces-search\"}" }
}
override_data {
  target = module.face_collection.data.aws_iam_policy_document.manage
  values = { json = "{\"is\":\"faces-manage\"}" }
}
override_data {
  target = module.face_collection.data.aws_iam_policy_document.provision
  values = { json = "{\"is\":\"faces-provision\"}" }
}
override_data {
  target = module.attendance_table[0].data.aws_iam_policy_document.read
  values = { json = "{\"is\":\"table-read\"}" }
}
override_data {
  target = module.attendance_table[0].data.aws_iam_policy_document.write
  values = { json = "{\"is\":\"table-write\"}" }
}
override_data {
  target = module.attendance_table[0].data.aws_iam_policy_document.stream
  values = { json = "{\"is\":\"table-stream\"}" }
}
override_data {
  target = module.attendance_database[0].data.aws_iam_policy_document.connect
  values = { json = "{\"is\":\"database-connect\"}" }
}
override_data {
  target = module.event_stream.data.aws_iam_policy_document.publish
  values = { json = "{\"is\":\"events-publish\"}" }
}
override_data {
  target = module.event_stream.data.aws_iam_policy_document.consume
  values = { json = "{\"is\":\"events-consume\"}" }
}
override_data {
  target = module.notifications.data.aws_iam_policy_document.tell_by_sns
  values = { json = "{\"is\":\"notifications-tell\"}" }
}
override_data {
  target = module.notifications.data.aws_iam_policy_document.forget_by_sns
  values = { json = "{\"is\":\"notifications-forget\"}" }
}

variables {
  name_prefix   = "school"
  package_dir   = "modules/functions/tests/package"
  notifications = { notifier = "sns" }
}

run "each_function_may_do_what_it_does" {
  command = plan

  assert {
    condition = { for name, function in local.functions : name => toset(keys(function.policies)) } == {
      api = toset([
        "table-read", "table-write", "images-read", "images-write", "images-upload", "faces-search", "faces-manage", "faces-provision", "notifications-forget",
      ])
      ingest    = toset(["table-read", "table-write", "images-read", "images-write", "faces-search", "faces-manage"])
      relay     = toset(["table-read", "table-write", "table-stream", "events-publish", "images-write", "faces-manage", "notifications-forget"])
      notify    = toset(["table-read", "table-write", "events-consume", "notifications-tell"])
      analytics = toset(["events-consume"])
    }
    error_message = "no function may do more"
  }

  assert {
    condition = alltrue(flatten([
      for function in local.functions : [for name, policy in function.policies : jsondecode(policy).is == name]
    ]))
    error_message = "every capability is the document of that name"
  }
}

run "without_a_database_records_are_objects" {
  command = plan

  variables {
    repository = "s3"
  }

  assert {
    condition     = { for name, policy in local.repository : name => jsondecode(policy).is } == { records = "records" }
    error_message = "functions keep records in the bucket"
  }

  assert {
    condition     = { for name, policy in local.repository_read : name => jsondecode(policy).is } == { records-read = "records-read" }
    error_message = "a reader reads them"
  }

  assert {
    condition     = !contains(keys(local.functions.relay.policies), "table-stream")
    error_message = "there is no stream to follow"
  }
}

run "with_a_database_functions_connect" {
  command = plan

  variables {
    repository = "postgres"
    network    = "nat"
  }

  assert {
    condition     = toset(keys(local.repository)) == toset(["database-connect"]) && length(local.repository_read) == 0
    error_message = "what is in the database is the database's affair"
  }
}

run "where_nobody_is_told_nobody_may_tell" {
  command = plan

  variables {
    notifications = { notifier = "none" }
  }

  assert {
    condition     = length([for name in flatten([for function in local.functions : keys(function.policies)]) : name if startswith(name, "notifications")]) == 0
    error_message = "no right to publish or subscribe"
  }
}

run "every_resource_that_is_everything_has_a_reason" {
  command = plan

  variables {
    network  = "endpoints"
    identity = { token_keys = "{\"keys\":[]}" }
  }

  assert {
    condition     = length(output.iam_wildcards) > 0 && alltrue([for reason in output.iam_wildcards : length(reason) > 20])
    error_message = "a reason is a sentence"
  }
}
