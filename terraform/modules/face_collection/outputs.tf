output "prefix" {
  description = "What collections' names begin with: an organization's is {prefix}-{organization}."
  value       = local.prefix
}

output "policies" {
  description = "A policy as JSON for each capability: search faces, manage them (enrol, forget, list; besides, not instead of, searching), and provision organizations (make and remove their collections)."
  value = {
    search    = data.aws_iam_policy_document.search.json
    manage    = data.aws_iam_policy_document.manage.json
    provision = data.aws_iam_policy_document.provision.json
  }
}

output "wildcards" {
  description = "Why a statement has no narrower resource than everything, by its sid."
  value       = local.wildcards
}
