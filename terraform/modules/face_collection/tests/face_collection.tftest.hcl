mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name_prefix = "attendance"
}

run "the_rights_end_at_the_deployments_own_collections" {
  command = plan

  assert {
    condition     = output.prefix == "attendance.faces"
    error_message = "The dot keeps deployments apart."
  }
  assert {
    condition     = data.aws_iam_policy_document.search.statement[0].actions == toset(["rekognition:SearchUsersByImage", "rekognition:SearchFacesByImage"])
    error_message = "Who searches searches."
  }
  assert {
    condition = alltrue([for statement in [data.aws_iam_policy_document.search.statement[0], data.aws_iam_policy_document.manage.statement[0], data.aws_iam_policy_document.provision.statement[1]] :
    statement.resources == toset(["arn:aws:rekognition:eu-west-1:123456789012:collection/attendance.faces-*"])])
    error_message = "All name the collections of this deployment."
  }
  assert {
    condition     = !anytrue([for action in data.aws_iam_policy_document.search.statement[0].actions : can(regex("Create|Delete|Index|Associate", action))])
    error_message = "Who searches changes nothing."
  }
}

run "only_who_provisions_makes_and_removes_collections" {
  command = plan

  assert {
    condition     = length([for action in setunion(data.aws_iam_policy_document.search.statement[0].actions, data.aws_iam_policy_document.manage.statement[0].actions) : action if can(regex("(Create|Delete)Collection$", action))]) == 0
    error_message = "Who enrols needs no other collections than those that are there."
  }
}

run "every_bare_wildcard_has_a_reason" {
  command = plan

  assert {
    condition = toset([for statement in concat(data.aws_iam_policy_document.search.statement, data.aws_iam_policy_document.manage.statement, data.aws_iam_policy_document.provision.statement) :
    statement.sid if contains(statement.resources, "*")]) == toset(keys(output.wildcards))
    error_message = "A statement on everything is listed with its reason, and no other."
  }
  assert {
    condition     = [data.aws_iam_policy_document.search.statement[1].actions, data.aws_iam_policy_document.provision.statement[0].actions] == [toset(["rekognition:DetectFaces"]), toset(["rekognition:CreateCollection"])]
    error_message = "Only DetectFaces and CreateCollection are allowed on everything: neither takes a resource."
  }
}

run "each_policy_is_its_own_document" {
  command = plan

  override_data {
    target = data.aws_iam_policy_document.search
    values = { json = "\"search\"" }
  }
  override_data {
    target = data.aws_iam_policy_document.manage
    values = { json = "\"manage\"" }
  }
  override_data {
    target = data.aws_iam_policy_document.provision
    values = { json = "\"provision\"" }
  }

  assert {
    condition     = { for name, policy in output.policies : name => jsondecode(policy) } == { search = "search", manage = "manage", provision = "provision" }
    error_message = "An output gives the document of its name."
  }
}

run "collections_are_made_for_the_organizations_that_are_named" {
  command = plan

  variables {
    organizations = ["default", "north-school"]
  }

  assert {
    condition     = { for organization, collection in aws_rekognition_collection.faces : organization => collection.collection_id } == { default = "attendance.faces-default", north-school = "attendance.faces-north-school" }
    error_message = "A collection is named by prefix and organization."
  }
}

run "an_organization_that_is_none_is_refused" {
  command = plan

  variables {
    organizations = ["North School"]
  }

  expect_failures = [var.organizations]
}
