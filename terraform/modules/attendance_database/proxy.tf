resource "aws_db_proxy" "database" {
  count = var.proxy ? 1 : 0

  name                   = local.identifier
  engine_family          = local.engine.family
  require_tls            = true
  role_arn               = aws_iam_role.proxy[0].arn
  vpc_subnet_ids         = var.network.subnet_ids
  vpc_security_group_ids = [aws_security_group.proxy[0].id]
  tags                   = var.tags

  auth {
    auth_scheme               = "SECRETS"
    client_password_auth_type = local.engine.password
    iam_auth                  = "DISABLED"
    secret_arn                = aws_db_instance.database.master_user_secret[0].secret_arn
  }

  depends_on = [aws_iam_role_policy.proxy]
}

resource "aws_db_proxy_default_target_group" "database" {
  count         = var.proxy ? 1 : 0
  db_proxy_name = aws_db_proxy.database[0].name

  # A function waits for 10 s itself.
  connection_pool_config {
    connection_borrow_timeout    = 10
    max_connections_percent      = 90
    max_idle_connections_percent = 50
  }
}

resource "aws_db_proxy_target" "database" {
  count = var.proxy ? 1 : 0

  db_proxy_name          = aws_db_proxy.database[0].name
  target_group_name      = aws_db_proxy_default_target_group.database[0].name
  db_instance_identifier = aws_db_instance.database.identifier
}
