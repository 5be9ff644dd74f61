output "vpc_id" {
  description = "The network's id."
  value       = aws_vpc.this.id
}

output "private_subnet_ids" {
  description = "The ids of its private subnets, one in each zone: for functions and a database."
  value       = [for zone in local.zones : aws_subnet.private[zone].id]
}

output "function_security_group_id" {
  description = "The security group of the functions; a database takes connections from it."
  value       = aws_security_group.functions.id
}

output "wildcards" {
  description = "Why a statement has no narrower resource than everything, by its sid."
  value       = local.wildcards
}
