locals {
  # Whom clients connect to.
  front_id = var.proxy ? aws_security_group.proxy[0].id : aws_security_group.database.id
}

resource "aws_security_group" "database" {
  # checkov:skip=CKV2_AWS_5:It is the server's.
  name        = local.identifier
  description = "The server of ${local.identifier}: takes connections, makes none"
  vpc_id      = var.network.vpc_id
  tags        = merge(var.tags, { Name = local.identifier })
}

resource "aws_security_group" "proxy" {
  # checkov:skip=CKV2_AWS_5:It is the proxy's.
  count = var.proxy ? 1 : 0

  name        = "${local.identifier}-proxy"
  description = "The proxy of ${local.identifier}: takes connections, makes some to the server only"
  vpc_id      = var.network.vpc_id
  tags        = merge(var.tags, { Name = "${local.identifier}-proxy" })
}

resource "aws_vpc_security_group_egress_rule" "client" {
  security_group_id            = var.network.client_security_group_id
  description                  = "To ${local.identifier}"
  ip_protocol                  = "tcp"
  from_port                    = local.engine.port
  to_port                      = local.engine.port
  referenced_security_group_id = local.front_id
  tags                         = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  security_group_id            = local.front_id
  description                  = "From those that may connect"
  ip_protocol                  = "tcp"
  from_port                    = local.engine.port
  to_port                      = local.engine.port
  referenced_security_group_id = var.network.client_security_group_id
  tags                         = var.tags
}

resource "aws_vpc_security_group_egress_rule" "proxy" {
  count = var.proxy ? 1 : 0

  security_group_id            = aws_security_group.proxy[0].id
  description                  = "To the server"
  ip_protocol                  = "tcp"
  from_port                    = local.engine.port
  to_port                      = local.engine.port
  referenced_security_group_id = aws_security_group.database.id
  tags                         = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "proxy" {
  count = var.proxy ? 1 : 0

  security_group_id            = aws_security_group.database.id
  description                  = "From the proxy"
  ip_protocol                  = "tcp"
  from_port                    = local.engine.port
  to_port                      = local.engine.port
  referenced_security_group_id = aws_security_group.proxy[0].id
  tags                         = var.tags
}
