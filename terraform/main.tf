# The whole system: what there is, and who may do what with it. Each part is a module of its own.

locals {
  tags   = merge({ attendance = var.name_prefix }, var.tags)
  in_sql = contains(["postgres", "mysql"], var.repository)
  tells  = var.notifications.notifier != "none"

  package_dir = coalesce(var.package_dir, "${path.module}/../target/functions")
  pages_dir   = coalesce(var.pages_dir, "${path.module}/../examples/web")

  # Pages that people sign in for and that upload pictures: those hosted here, and those elsewhere.
  # (`module.web[*]` would wait for the whole module, which waits for the app client, which waits for these.)
  pages_origins = concat(var.web.enabled ? [module.web[0].url] : [], var.origins)
}

module "image_bucket" {
  source = "./modules/image_bucket"

  name_prefix   = var.name_prefix
  tags          = local.tags
  retention     = var.images
  kms_key_arn   = var.kms_key_arn
  cors_origins  = local.pages_origins
  holds_records = var.repository == "s3"
  force_destroy = !var.deletion_protection
}

module "face_collection" {
  source = "./modules/face_collection"

  name_prefix = var.name_prefix
  tags        = local.tags
}

module "attendance_table" {
  source = "./modules/attendance_table"
  count  = var.repository == "dynamodb" ? 1 : 0

  name_prefix            = var.name_prefix
  tags                   = local.tags
  billing                = var.table.billing
  point_in_time_recovery = var.table.point_in_time_recovery
  kms_key_arn            = var.kms_key_arn
  deletion_protection    = var.deletion_protection
}

module "network" {
  source = "./modules/network"
  count  = var.network == "none" ? 0 : 1

  name_prefix   = var.name_prefix
  tags          = local.tags
  mode          = var.network
  flow_log_days = var.log_retention_days
  kms_key_arn   = var.kms_key_arn
}

module "attendance_database" {
  source = "./modules/attendance_database"
  count  = local.in_sql ? 1 : 0

  name_prefix    = var.name_prefix
  tags           = local.tags
  engine         = var.repository
  engine_version = var.database.engine_version
  proxy          = var.database.proxy

  network = {
    vpc_id                   = module.network[0].vpc_id
    subnet_ids               = module.network[0].private_subnet_ids
    client_security_group_id = module.network[0].function_security_group_id
  }

  instance = {
    class          = var.database.class
    storage_gb     = var.database.storage_gb
    max_storage_gb = var.database.max_storage_gb
    multi_az       = var.database.multi_az
    backup_days    = var.database.backup_days
  }

  log_retention_days  = var.log_retention_days
  kms_key_arn         = var.kms_key_arn
  deletion_protection = var.deletion_protection
  final_snapshot      = var.deletion_protection
}

module "event_stream" {
  source = "./modules/event_stream"

  name_prefix     = var.name_prefix
  tags            = local.tags
  mode            = var.events.mode
  shards          = var.events.shards
  retention_hours = var.events.retention_hours
  kms_key_arn     = var.kms_key_arn
}

module "notifications" {
  source = "./modules/notifications"

  name_prefix = var.name_prefix
  tags        = local.tags
  notifier    = var.notifications.notifier
  operators   = var.notifications.operators
  mail        = var.notifications.mail
  sms         = var.notifications.sms
  kms_key_arn = var.kms_key_arn
}

module "identity" {
  source = "./modules/identity"

  name_prefix         = var.name_prefix
  tags                = local.tags
  domain_prefix       = var.identity.domain_prefix
  organizations       = var.identity.organizations
  home                = var.identity.home
  first_admin         = var.identity.first_admin
  origins             = local.pages_origins
  mfa                 = var.identity.mfa
  password_length     = var.identity.password_length
  signed_in_days      = var.identity.signed_in_days
  tier                = var.identity.tier
  deletion_protection = var.deletion_protection
}

module "api" {
  source = "./modules/api"

  name_prefix        = var.name_prefix
  tags               = local.tags
  function           = module.functions.functions["api"]
  tokens             = { issuer = module.identity.issuer, audiences = [module.identity.client_id] }
  cors_origins       = var.origins
  throttling         = var.api
  log_retention_days = var.log_retention_days
  kms_key_arn        = var.kms_key_arn
}

module "web" {
  source = "./modules/web"
  count  = var.web.enabled ? 1 : 0

  name_prefix    = var.name_prefix
  tags           = local.tags
  pages_dir      = local.pages_dir
  api_endpoint   = module.api.endpoint
  sign_in_domain = module.identity.domain
  sign_in_client = module.identity.client_id
  images_bucket  = module.image_bucket.name
  domain         = var.web.domain
  price_class    = var.web.price_class
  force_destroy  = !var.deletion_protection
}

module "observability" {
  source = "./modules/observability"
  count  = var.observability.enabled ? 1 : 0

  name_prefix         = var.name_prefix
  tags                = local.tags
  functions           = { for name, function in module.functions.functions : name => function.name }
  stream_functions    = local.stream_functions
  dead_letter_queues  = { for name, queue in module.functions.dead_letter_queues : name => queue.name }
  api                 = { id = module.api.id }
  database_identifier = one(module.attendance_database[*].identifier)
  alarm_email         = var.observability.alarm_email
  monthly_budget_usd  = var.observability.monthly_budget_usd
}

# Cognito answers no call out of a network without NAT for a pool that has sign-in pages.
check "token_keys" {
  assert {
    condition     = var.network != "endpoints" || var.identity.token_keys != null
    error_message = "identity.token_keys: write what ${module.identity.issuer}/.well-known/jwks.json answers, and apply again: out of a network without NAT the API can't fetch it, and refuses every token."
  }
}
