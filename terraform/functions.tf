# What each function is told and may do: what it needs, and no more.

locals {
  of_repository = tomap(merge(
    { ATTENDANCE_REPOSITORY = var.repository },
    var.repository == "dynamodb" ? { ATTENDANCE_TABLE = module.attendance_table[0].name } : {},
    local.in_sql ? {
      ATTENDANCE_DATABASE_SECRET = module.attendance_database[0].secret_arn
      ATTENDANCE_DATABASE_HOST   = module.attendance_database[0].host
      ATTENDANCE_DATABASE_PORT   = tostring(module.attendance_database[0].port)
      ATTENDANCE_DATABASE_NAME   = module.attendance_database[0].name
    } : {},
  ))

  of_notifier = tomap(merge(
    { ATTENDANCE_NOTIFIER = var.notifications.notifier },
    var.notifications.notifier == "sns" ? {
      ATTENDANCE_OPERATORS_TOPIC = module.notifications.operators_topic_arn
      ATTENDANCE_ATTENDEES_TOPIC = module.notifications.attendees_topic_arn
    } : {},
    var.notifications.sms.enabled ? { ATTENDANCE_SMS = coalesce(var.notifications.sms.sender_id, "on") } : {},
    var.notifications.notifier == "ses" ? { ATTENDANCE_MAIL_FROM = var.notifications.mail.from } : {},
    var.notifications.notifier == "ses" && length(var.notifications.operators) > 0 ? { ATTENDANCE_MAIL_OPERATORS = join(",", sort(var.notifications.operators)) } : {},
  ))

  of_attendance = tomap(merge(
    local.of_repository,
    local.of_notifier,
    {
      ATTENDANCE_BUCKET            = module.image_bucket.name
      ATTENDANCE_COLLECTION_PREFIX = module.face_collection.prefix
      ATTENDANCE_STREAM            = module.event_stream.name
    },
    var.kms_key_arn == null ? {} : { ATTENDANCE_KMS_KEY = var.kms_key_arn },
    var.matching.threshold == null ? {} : { ATTENDANCE_THRESHOLD = tostring(var.matching.threshold) },
    var.environment,
  ))

  of_tokens = tomap(merge(
    {
      ATTENDANCE_HOME          = var.identity.home
      ATTENDANCE_TOKEN_ISSUER  = module.identity.issuer
      ATTENDANCE_TOKEN_CLIENTS = module.identity.client_id
    },
    var.identity.home_zone == null ? {} : { ATTENDANCE_HOME_ZONE = var.identity.home_zone },
    var.identity.token_keys == null ? {} : { ATTENDANCE_TOKEN_KEYS = var.identity.token_keys },
  ))

  # Capabilities by name; a function's role gets one policy for each.
  repository_read = merge(
    var.repository == "dynamodb" ? { table-read = module.attendance_table[0].policies.read } : {},
    var.repository == "s3" ? { records-read = module.image_bucket.policies.records_read } : {},
  )
  repository = merge(
    var.repository == "dynamodb" ? {
      table-read  = module.attendance_table[0].policies.read
      table-write = module.attendance_table[0].policies.write
    } : {},
    var.repository == "s3" ? { records = module.image_bucket.policies.records } : {},
    local.in_sql ? { database-connect = module.attendance_database[0].policies.connect } : {},
  )
  images_read     = { images-read = module.image_bucket.policies.read }
  images_write    = { images-write = module.image_bucket.policies.write }
  images_upload   = { images-upload = module.image_bucket.policies.upload }
  faces_search    = { faces-search = module.face_collection.policies.search }
  faces_manage    = { faces-manage = module.face_collection.policies.manage }
  faces_provision = { faces-provision = module.face_collection.policies.provision }
  publish         = { events-publish = module.event_stream.policies.publish }
  consume         = { events-consume = module.event_stream.policies.consume }
  outbox_follow   = var.repository == "dynamodb" ? { table-stream = module.attendance_table[0].policies.stream } : {}
  tell            = local.tells ? { notifications-tell = module.notifications.policies.tell } : {}
  forget          = local.tells ? { notifications-forget = module.notifications.policies.forget } : {}

  functions = merge(
    {
      api = {
        description  = "The REST API"
        memory       = 512
        timeout      = 29
        variables    = merge(local.of_attendance, local.of_tokens)
        policies     = merge(local.repository, local.images_read, local.images_write, local.images_upload, local.faces_search, local.faces_manage, local.faces_provision, local.forget)
        dead_letters = false
      }
      ingest = {
        description  = "Takes pictures that were uploaded"
        memory       = 512
        timeout      = 60
        variables    = local.of_attendance
        policies     = merge(local.repository, local.images_read, local.images_write, local.faces_search, local.faces_manage)
        dead_letters = true
      }
      relay = {
        description  = "Brings events to the stream, and does what time does"
        memory       = 256
        timeout      = 300
        variables    = local.of_attendance
        policies     = merge(local.repository, local.outbox_follow, local.publish, local.images_write, local.faces_manage, local.forget)
        dead_letters = true
      }
    },
    local.tells ? {
      notify = {
        description  = "Tells people of events"
        memory       = 256
        timeout      = 60
        variables    = local.of_attendance
        policies     = merge(local.repository, local.consume, local.tell)
        dead_letters = true
      }
    } : {},
    var.analytics ? {
      analytics = {
        description  = "Counts events as metrics"
        memory       = 128
        timeout      = 60
        variables    = var.environment
        policies     = local.consume
        dead_letters = true
      }
    } : {},
  )

  settings = {
    for name, function in local.functions : name => merge(function, {
      memory               = try(coalesce(var.functions[name].memory), function.memory)
      timeout              = try(coalesce(var.functions[name].timeout), function.timeout)
      reserved_concurrency = try(var.functions[name].reserved_concurrency, null)
    })
  }

  event_functions  = setintersection(["notify", "analytics"], keys(local.functions))
  stream_functions = setunion(local.event_functions, var.repository == "dynamodb" ? ["relay"] : [])
}

module "functions" {
  source = "./modules/functions"

  name_prefix        = var.name_prefix
  tags               = local.tags
  package_dir        = local.package_dir
  architecture       = var.architecture
  log_retention_days = var.log_retention_days
  kms_key_arn        = var.kms_key_arn

  functions = local.settings

  network = var.network == "none" ? null : {
    subnet_ids         = module.network[0].private_subnet_ids
    security_group_ids = [module.network[0].function_security_group_id]
  }

  bucket_trigger = { function = "ingest", bucket = module.image_bucket.name }
  table_trigger  = var.repository == "dynamodb" ? { function = "relay", stream_arn = module.attendance_table[0].stream_arn } : null
  stream_trigger = { functions = local.event_functions, stream_arn = module.event_stream.arn }

  schedules = merge(
    { sweep = { function = "relay", expression = var.schedules.sweep, input = jsonencode({ do = "sweep" }) } },
    var.repository == "dynamodb" ? {} : { relay = { function = "relay", expression = var.schedules.relay, input = jsonencode({ do = "relay" }) } },
  )
}

# For programs of one's own: see the output `policies`.
data "aws_iam_policy_document" "reader" {
  source_policy_documents = values(local.repository_read)
}

data "aws_iam_policy_document" "writer" {
  source_policy_documents = values(local.functions.api.policies)
}
