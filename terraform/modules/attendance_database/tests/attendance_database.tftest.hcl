mock_provider "aws" {
  source = "../../tests/mocks"

  mock_resource "aws_security_group" {
    defaults = {
      arn = "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-0a1b2c3d4e5f60718"
    }
  }
}

variables {
  name_prefix = "attendance"
  network = {
    vpc_id                   = "vpc-0a1b2c3d4e5f60718"
    subnet_ids               = ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"]
    client_security_group_id = "sg-0a1b2c3d4e5f60710"
  }
}

run "a_postgres_server_is_encrypted_protected_and_private" {
  command = plan

  assert {
    condition     = aws_db_instance.database.engine == "postgres" && aws_db_instance.database.engine_version == "17" && aws_db_parameter_group.database.family == "postgres17" && output.port == 5432
    error_message = "It is PostgreSQL 17."
  }
  assert {
    condition     = aws_db_instance.database.storage_encrypted && !aws_db_instance.database.publicly_accessible && contains(aws_db_parameter_group.database.parameter[*].name, "rds.force_ssl")
    error_message = "Storage and connections are encrypted, and nobody reaches it from outside."
  }
  assert {
    condition     = aws_db_instance.database.deletion_protection && !aws_db_instance.database.skip_final_snapshot && aws_db_instance.database.backup_retention_period == 7
    error_message = "It can't be deleted by mistake, and can be restored."
  }
  assert {
    condition     = aws_db_instance.database.manage_master_user_password && aws_db_instance.database.password == null
    error_message = "RDS keeps the password; nobody writes one."
  }
  assert {
    condition     = toset(keys(aws_cloudwatch_log_group.database)) == aws_db_instance.database.enabled_cloudwatch_logs_exports && alltrue([for group in aws_cloudwatch_log_group.database : group.retention_in_days == 30])
    error_message = "What it logs is kept for 30 days."
  }
  assert {
    condition     = one([for parameter in aws_db_parameter_group.database.parameter : parameter.value if parameter.name == "log_error_verbosity"]) == "terse"
    error_message = "Errors are logged without the values that caused them."
  }
}

run "functions_connect_through_the_proxy" {
  assert {
    condition     = output.host == aws_db_proxy.database[0].endpoint && aws_db_proxy.database[0].require_tls
    error_message = "The host is the proxy, by TLS."
  }
  assert {
    condition     = one(data.aws_iam_policy_document.connect.statement).actions == toset(["secretsmanager:GetSecretValue"]) && one(data.aws_iam_policy_document.connect.statement).resources == toset([output.secret_arn])
    error_message = "Who connects reads that one secret."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.client.security_group_id == aws_security_group.proxy[0].id && aws_vpc_security_group_ingress_rule.client.referenced_security_group_id == var.network.client_security_group_id
    error_message = "The proxy takes connections of the functions."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.proxy[0].security_group_id == aws_security_group.database.id && aws_vpc_security_group_ingress_rule.proxy[0].referenced_security_group_id == aws_security_group.proxy[0].id
    error_message = "The server takes those of the proxy only."
  }
  assert {
    condition     = aws_vpc_security_group_egress_rule.client.security_group_id == var.network.client_security_group_id && aws_vpc_security_group_egress_rule.client.referenced_security_group_id == aws_security_group.proxy[0].id
    error_message = "The functions may connect to the proxy."
  }
  assert {
    condition     = one(aws_db_proxy.database[0].auth).secret_arn == output.secret_arn && one(aws_db_proxy.database[0].auth).client_password_auth_type == "POSTGRES_SCRAM_SHA_256"
    error_message = "The proxy knows the login."
  }
  assert {
    condition     = one(data.aws_iam_policy_document.proxy_trust[0].statement[0].condition).values == tolist(["123456789012"]) && aws_iam_role.proxy[0].name == "attendance-eu-west-1-database-proxy"
    error_message = "Only RDS of this account takes the proxy's role."
  }
}

run "without_a_proxy_they_connect_to_the_server" {
  variables {
    proxy = false
  }

  assert {
    condition     = output.host == aws_db_instance.database.address && length(aws_db_proxy.database) + length(aws_iam_role.proxy) + length(aws_security_group.proxy) == 0
    error_message = "The host is the server, and nothing is made for a proxy."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.client.security_group_id == aws_security_group.database.id
    error_message = "The server takes connections of the functions."
  }
}

run "a_mysql_server_is_as_safe" {
  command = plan

  variables {
    engine              = "mysql"
    deletion_protection = false
    final_snapshot      = false
  }

  assert {
    condition     = aws_db_parameter_group.database.family == "mysql8.4" && aws_db_parameter_group.database.name == "attendance-database-mysql8-4" && output.port == 3306 && aws_db_proxy.database[0].engine_family == "MYSQL"
    error_message = "It is MySQL 8.4."
  }
  assert {
    condition     = { for parameter in aws_db_parameter_group.database.parameter : parameter.name => parameter.value } == { require_secure_transport = "1" }
    error_message = "Connections are encrypted."
  }
  assert {
    condition     = aws_db_instance.database.enabled_cloudwatch_logs_exports == toset(["error"])
    error_message = "Slow statements would be logged with their values."
  }
  assert {
    condition     = !aws_db_instance.database.deletion_protection && aws_db_instance.database.skip_final_snapshot && aws_db_instance.database.final_snapshot_identifier == null
    error_message = "What is asked for can be deleted without a trace."
  }
}

run "a_key_of_ones_own_encrypts_all_of_it" {
  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/0192f3a4-7c1e-7b3a-8c55-0123456789ab"
  }

  assert {
    condition     = aws_db_instance.database.kms_key_id == var.kms_key_arn && aws_db_instance.database.master_user_secret_kms_key_id == var.kms_key_arn && alltrue([for group in aws_cloudwatch_log_group.database : group.kms_key_id == var.kms_key_arn])
    error_message = "Storage, secret and logs."
  }
  assert {
    condition     = data.aws_iam_policy_document.connect.statement[1].resources == toset([var.kms_key_arn]) && one(data.aws_iam_policy_document.connect.statement[1].condition).values == tolist(["secretsmanager.eu-west-1.amazonaws.com"])
    error_message = "Who connects may decrypt the secret, through Secrets Manager."
  }
}

run "a_server_of_two_zones_needs_two_subnets" {
  command = plan

  variables {
    network = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"], client_security_group_id = "sg-1" }
  }

  expect_failures = [var.network]
}

run "wrong_inputs_are_refused" {
  command = plan

  variables {
    engine             = "mariadb"
    instance           = { class = "t4g.micro", storage_gb = 100, max_storage_gb = 100, backup_days = 0 }
    log_retention_days = 10
  }

  expect_failures = [var.engine, var.instance, var.log_retention_days]
}

run "a_minor_version_is_left_to_rds" {
  command = plan

  variables {
    engine_version = "17.2"
  }

  expect_failures = [var.engine_version]
}
