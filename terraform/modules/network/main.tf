data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

data "aws_availability_zones" "here" {
  # checkov:skip=CKV_AWS_394:A new zone has a higher number than those that were there: the first stay the first.
  state = "available"

  # No local zones.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  # In the order of their ids, which mean the same place in every account; letters do not.
  zone_of = zipmap(data.aws_availability_zones.here.zone_ids, data.aws_availability_zones.here.names)
  zones   = [for id in slice(sort(keys(local.zone_of)), 0, var.zones) : local.zone_of[id]]

  # A sixteenth of the addresses each; private ones from the beginning, public ones from the middle.
  private = { for index, zone in local.zones : zone => cidrsubnet(var.cidr, 4, index) }
  public  = var.mode != "nat" ? {} : { for index, zone in local.zones : zone => cidrsubnet(var.cidr, 4, index + 8) }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = merge(var.tags, { Name = var.name_prefix })
}

# Whatever is put into the network without a group can't be reached, and reaches nothing.
resource "aws_default_security_group" "nothing" {
  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = "${var.name_prefix}-nothing" })
}

resource "aws_subnet" "private" {
  for_each = local.private

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false
  tags                    = merge(var.tags, { Name = "${var.name_prefix}-private-${each.key}" })
}

resource "aws_route_table" "private" {
  for_each = local.private

  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = "${var.name_prefix}-private-${each.key}" })
}

resource "aws_route_table_association" "private" {
  for_each = local.private

  subnet_id      = aws_subnet.private[each.key].id
  route_table_id = aws_route_table.private[each.key].id
}

resource "aws_security_group" "functions" {
  # checkov:skip=CKV2_AWS_5:It is the functions'.
  name        = "${var.name_prefix}-functions"
  description = "The functions of ${var.name_prefix}: take no connections, make some to AWS and to the database"
  vpc_id      = aws_vpc.this.id
  tags        = merge(var.tags, { Name = "${var.name_prefix}-functions" })
}
