data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  identifier = "${var.name_prefix}-database"

  engines = {
    postgres = { version = "17", port = 5432, family = "POSTGRESQL", password = "POSTGRES_SCRAM_SHA_256", logs = ["postgresql", "upgrade"] }
    mysql    = { version = "8.4", port = 3306, family = "MYSQL", password = "MYSQL_CACHING_SHA2_PASSWORD", logs = ["error"] }
  }
  engine  = local.engines[var.engine]
  version = coalesce(var.engine_version, local.engine.version)

  # Logs must not hold what people's records hold: a violated constraint's detail would name the value.
  parameters = {
    postgres = { "rds.force_ssl" = "1", log_error_verbosity = "terse" }
    mysql    = { require_secure_transport = "1" }
  }
}

resource "aws_db_subnet_group" "database" {
  name        = local.identifier
  description = "Where ${local.identifier} stands"
  subnet_ids  = var.network.subnet_ids
  tags        = var.tags
}

resource "aws_db_parameter_group" "database" {
  name        = "${local.identifier}-${var.engine}${replace(local.version, ".", "-")}"
  description = "TLS only, and nothing personal in logs"
  family      = "${var.engine}${local.version}"
  tags        = var.tags

  dynamic "parameter" {
    for_each = local.parameters[var.engine]
    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

# RDS would make them itself, and keep them for ever.
resource "aws_cloudwatch_log_group" "database" {
  # checkov:skip=CKV_AWS_158:CloudWatch encrypts every log. Give kms_key_arn for a key of your own.
  # checkov:skip=CKV_AWS_338:How long logs are kept is an input.
  for_each = toset(local.engine.logs)

  name              = "/aws/rds/instance/${local.identifier}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_db_instance" "database" {
  # checkov:skip=CKV_AWS_118:Alarms on processor and storage watch it (module observability); finer figures cost a role and logs.
  # checkov:skip=CKV_AWS_133:Backups are kept for instance.backup_days, which are 1 to 35.
  # checkov:skip=CKV_AWS_157:A second zone doubles the price: instance.multi_az asks for it.
  # checkov:skip=CKV_AWS_353:Performance Insights keeps statements, and not every small class has it.
  # checkov:skip=CKV_AWS_293:It is protected unless deletion_protection is false, which is for what may be thrown away.
  # checkov:skip=CKV2_AWS_30:A log of statements would hold what people's records hold.

  identifier     = local.identifier
  engine         = var.engine
  engine_version = local.version
  instance_class = var.instance.class
  db_name        = "attendance"
  port           = local.engine.port
  tags           = var.tags

  # The password is made, kept and rotated by RDS in Secrets Manager. It is in no state and no plan.
  username                            = "attendance"
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = var.kms_key_arn
  iam_database_authentication_enabled = true

  storage_type          = "gp3"
  allocated_storage     = var.instance.storage_gb
  max_allocated_storage = var.instance.max_storage_gb
  storage_encrypted     = true
  kms_key_id            = var.kms_key_arn

  multi_az               = var.instance.multi_az
  publicly_accessible    = false
  db_subnet_group_name   = aws_db_subnet_group.database.name
  vpc_security_group_ids = [aws_security_group.database.id]
  parameter_group_name   = aws_db_parameter_group.database.name

  auto_minor_version_upgrade      = true
  backup_retention_period         = var.instance.backup_days
  copy_tags_to_snapshot           = true
  delete_automated_backups        = true
  deletion_protection             = var.deletion_protection
  skip_final_snapshot             = !var.final_snapshot
  final_snapshot_identifier       = var.final_snapshot ? "${local.identifier}-final" : null
  enabled_cloudwatch_logs_exports = local.engine.logs

  depends_on = [aws_cloudwatch_log_group.database]
}
