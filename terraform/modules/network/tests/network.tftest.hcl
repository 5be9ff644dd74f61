mock_provider "aws" {
  source = "../../tests/mocks"

  mock_resource "aws_vpc_endpoint" {
    defaults = {
      prefix_list_id = "pl-6da54004"
    }
  }
}

variables {
  name_prefix = "attendance"
}

run "two_zones_have_private_subnets_behind_one_gateway" {
  assert {
    condition     = { for zone, subnet in aws_subnet.private : zone => subnet.cidr_block } == { eu-west-1c = "10.42.0.0/24", eu-west-1a = "10.42.1.0/24" }
    error_message = "The first two zones by their ids, euw1-az1 and euw1-az2, have one each."
  }
  assert {
    condition     = { for zone, subnet in aws_subnet.public : zone => subnet.cidr_block } == { eu-west-1c = "10.42.8.0/24", eu-west-1a = "10.42.9.0/24" }
    error_message = "Public ones don't overlap them."
  }
  assert {
    condition     = !anytrue([for subnet in concat(values(aws_subnet.private), values(aws_subnet.public)) : subnet.map_public_ip_on_launch])
    error_message = "Nothing gets a public address by itself."
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 1 && alltrue([for route in aws_route.nat : route.nat_gateway_id == aws_nat_gateway.this["eu-west-1c"].id])
    error_message = "Both go through one gateway."
  }
  assert {
    condition     = length(aws_vpc_endpoint.interface) == 0 && toset(keys(aws_vpc_endpoint.gateway)) == toset(["s3", "dynamodb"])
    error_message = "S3 and DynamoDB are reached without it; nothing else is paid for."
  }
}

run "functions_take_no_connection_and_make_https_ones" {
  command = plan

  assert {
    condition     = [for rule in aws_vpc_security_group_egress_rule.https : [rule.from_port, rule.to_port, rule.ip_protocol]] == [[443, 443, "tcp"]]
    error_message = "They go out by HTTPS."
  }
  assert {
    condition     = length(aws_default_security_group.nothing.ingress) == 0 && length(aws_default_security_group.nothing.egress) == 0
    error_message = "The default group allows nothing."
  }
}

run "each_zone_has_its_gateway_if_asked" {
  variables {
    zones        = 3
    nat_per_zone = true
  }

  assert {
    condition     = length(aws_subnet.private) == 3 && { for zone, route in aws_route.nat : zone => route.nat_gateway_id } == { for zone, gateway in aws_nat_gateway.this : zone => gateway.id }
    error_message = "A zone's functions go through their own."
  }
}

run "with_endpoints_there_is_no_way_out" {
  variables {
    mode = "endpoints"
  }

  assert {
    condition     = length(aws_internet_gateway.this) + length(aws_nat_gateway.this) + length(aws_subnet.public) + length(aws_route.nat) + length(aws_vpc_security_group_egress_rule.https) == 0
    error_message = "Nothing leads to the internet."
  }
  assert {
    condition     = toset([for endpoint in aws_vpc_endpoint.interface : endpoint.service_name]) == toset([for service in ["rekognition", "kinesis-streams", "sns", "sqs", "secretsmanager"] : "com.amazonaws.eu-west-1.${service}"])
    error_message = "Each service that functions call has an endpoint."
  }
  assert {
    condition     = alltrue([for endpoint in aws_vpc_endpoint.interface : endpoint.private_dns_enabled])
    error_message = "Functions need not know."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints[0].referenced_security_group_id == output.function_security_group_id && aws_vpc_security_group_egress_rule.endpoints[0].security_group_id == output.function_security_group_id
    error_message = "Functions reach the endpoints."
  }
  assert {
    condition     = toset([for rule in aws_vpc_security_group_egress_rule.gateway : rule.prefix_list_id]) == toset(["pl-6da54004"]) && length(aws_vpc_security_group_egress_rule.gateway) == 2
    error_message = "And S3 and DynamoDB."
  }
}

run "endpoints_lead_to_this_account_only" {
  command = plan

  variables {
    mode = "endpoints"
  }

  assert {
    condition = alltrue([
      for document in concat(values(data.aws_iam_policy_document.interface), [data.aws_iam_policy_document.s3, data.aws_iam_policy_document.dynamodb]) :
      one(one(document.statement).condition).variable == "aws:PrincipalAccount" && one(one(document.statement).condition).values == tolist(["123456789012"])
    ])
    error_message = "Every endpoint takes requests of this account only."
  }
  assert {
    condition     = one(data.aws_iam_policy_document.s3.statement).resources == toset(["arn:aws:s3:::attendance-*"]) && one(data.aws_iam_policy_document.dynamodb.statement).resources == toset(["arn:aws:dynamodb:eu-west-1:123456789012:table/attendance-*"])
    error_message = "Pictures and records go to this deployment's buckets and tables."
  }
  assert {
    condition     = one(data.aws_iam_policy_document.interface["kinesis-streams"].statement).resources == toset(["arn:aws:kinesis:eu-west-1:123456789012:*"])
    error_message = "Other services are reached for this account's resources."
  }
  assert {
    condition = toset([for statement in flatten([values(data.aws_iam_policy_document.interface)[*].statement, data.aws_iam_policy_document.flow[*].statement, data.aws_iam_policy_document.s3.statement, data.aws_iam_policy_document.dynamodb.statement]) :
    statement.sid if contains(statement.resources, "*")]) == toset(keys(output.wildcards))
    error_message = "A statement on everything is listed with its reason, and no other."
  }
}

run "who_connects_to_whom_is_kept_for_a_month" {
  command = plan

  assert {
    condition     = aws_flow_log.this[0].traffic_type == "ALL" && aws_cloudwatch_log_group.flow[0].retention_in_days == 30 && aws_cloudwatch_log_group.flow[0].name == "/aws/vpc/attendance"
    error_message = "There is a flow log."
  }
  assert {
    condition     = data.aws_iam_policy_document.flow[0].statement[0].resources == toset(["arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vpc/attendance:*"])
    error_message = "It is written to its own group."
  }
  assert {
    condition     = one(one(data.aws_iam_policy_document.flow_trust[0].statement).condition).values == tolist(["123456789012"])
    error_message = "Only this account's flow logs take the role."
  }
}

run "without_a_flow_log_there_is_no_role" {
  command = plan

  variables {
    flow_log_days = 0
  }

  assert {
    condition     = length(aws_flow_log.this) + length(aws_iam_role.flow) + length(aws_cloudwatch_log_group.flow) + length(output.wildcards) == 0
    error_message = "Nothing is made for it."
  }
}

run "documents_go_where_they_belong" {
  variables {
    mode              = "endpoints"
    endpoint_services = ["sqs"]
  }

  override_data {
    target = data.aws_iam_policy_document.s3
    values = { json = "{\"Id\":\"s3\"}" }
  }
  override_data {
    target = data.aws_iam_policy_document.dynamodb
    values = { json = "{\"Id\":\"dynamodb\"}" }
  }
  override_data {
    target = data.aws_iam_policy_document.interface
    values = { json = "{\"Id\":\"interface\"}" }
  }
  override_data {
    target = data.aws_iam_policy_document.flow_trust
    values = { json = "{\"Id\":\"flow_trust\"}" }
  }
  override_data {
    target = data.aws_iam_policy_document.flow
    values = { json = "{\"Id\":\"flow\"}" }
  }

  assert {
    condition     = [for policy in [aws_vpc_endpoint.gateway["s3"].policy, aws_vpc_endpoint.gateway["dynamodb"].policy, aws_vpc_endpoint.interface["sqs"].policy, aws_iam_role.flow[0].assume_role_policy, aws_iam_role_policy.flow[0].policy] : jsondecode(policy).Id] == ["s3", "dynamodb", "interface", "flow_trust", "flow"]
    error_message = "Each has its own."
  }
}

run "wrong_inputs_are_refused" {
  command = plan

  variables {
    mode              = "none"
    cidr              = "8.8.8.0/24"
    zones             = 1
    endpoint_services = ["email"]
    flow_log_days     = 10
  }

  expect_failures = [var.mode, var.cidr, var.zones, var.endpoint_services, var.flow_log_days]
}
