locals {
  interfaces = var.mode == "endpoints" ? var.endpoint_services : toset([])
  gateway_of = { s3 = data.aws_iam_policy_document.s3.json, dynamodb = data.aws_iam_policy_document.dynamodb.json }
}

# Both cost nothing, and keep pictures and records away from a NAT gateway's charges.
resource "aws_vpc_endpoint" "gateway" {
  for_each = local.gateway_of

  vpc_id            = aws_vpc.this.id
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${data.aws_region.current.region}.${each.key}"
  route_table_ids   = values(aws_route_table.private)[*].id
  policy            = each.value
  tags              = merge(var.tags, { Name = "${var.name_prefix}-${each.key}" })
}

resource "aws_vpc_security_group_egress_rule" "gateway" {
  for_each = var.mode == "endpoints" ? local.gateway_of : {}

  security_group_id = aws_security_group.functions.id
  description       = "To ${each.key}"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = aws_vpc_endpoint.gateway[each.key].prefix_list_id
  tags              = var.tags
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.interfaces

  vpc_id              = aws_vpc.this.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${data.aws_region.current.region}.${each.key}"
  subnet_ids          = values(aws_subnet.private)[*].id
  security_group_ids  = [aws_security_group.endpoints[0].id]
  private_dns_enabled = true
  policy              = data.aws_iam_policy_document.interface[each.key].json
  tags                = merge(var.tags, { Name = "${var.name_prefix}-${each.key}" })
}

resource "aws_security_group" "endpoints" {
  # checkov:skip=CKV2_AWS_5:It is the endpoints'.
  count = var.mode == "endpoints" ? 1 : 0

  name        = "${var.name_prefix}-endpoints"
  description = "Endpoints of AWS services: take connections, make none"
  vpc_id      = aws_vpc.this.id
  tags        = merge(var.tags, { Name = "${var.name_prefix}-endpoints" })
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  count = var.mode == "endpoints" ? 1 : 0

  security_group_id            = aws_security_group.endpoints[0].id
  description                  = "HTTPS from the functions"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.functions.id
  tags                         = var.tags
}

resource "aws_vpc_security_group_egress_rule" "endpoints" {
  count = var.mode == "endpoints" ? 1 : 0

  security_group_id            = aws_security_group.functions.id
  description                  = "HTTPS to AWS's endpoints"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.endpoints[0].id
  tags                         = var.tags
}
